import { setTimeout as delay } from 'node:timers/promises';
import { type EventLog, memoryEventLog, type Partition } from '@kuraxx/event-store';
import { expect, test } from 'vitest';
import { sent, snapshot, subjectOf } from '../events.fixture.ts';
import type { PartitionLock } from '../projection/locks.ts';
import type { Projection } from '../projection/projections.ts';
import { catchUp, nearlyThere } from './catch-up.ts';
import { headsOf, type Pace, replay } from './replay.ts';

const messages = 3000;
const transactionMs = 20;

/** A log with messages of rooms in four partitions. */
const filledLog = async () => {
  const log = memoryEventLog({ roomPartitions: 4 });
  let next = 0;
  const add = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n++) {
      const event = sent(snapshot(`m${next}`, `r${next % 20}`, 'ann', next));
      next += 1;
      await log.append(subjectOf(event), event);
    }
  };
  await add(messages);
  return { log, add };
};

/** What a replay needs, with a projection that only takes its time. */
const needsOf = (log: EventLog, pace: Pace, applied: (events: number, ms: number) => Promise<void>) => {
  const checkpoints = new Map<Partition, number>();
  let [running, mostAtOnce] = [0, 0];
  const apply: Projection['apply'] = async (partition, _epoch, events, upTo) => {
    running += 1;
    mostAtOnce = Math.max(mostAtOnce, running);
    const begun = performance.now();
    await delay(transactionMs);
    running -= 1;
    checkpoints.set(partition, upTo);
    await applied(events.length, performance.now() - begun);
    return { sequence: upTo, parked: 0, newlyParked: [] };
  };
  const unused = () => Promise.reject(new Error('not asked for here'));
  const projection: Projection = {
    schema: 'read_2',
    apply,
    checkpoint: async (partition) => checkpoints.get(partition) ?? 0,
    tryLock: unused,
    parked: unused,
    retry: unused,
  };
  const lock: PartitionLock = { lost: new AbortController().signal, release: async () => undefined };
  const held = new Map(log.partitions.map((partition): [Partition, PartitionLock] => [partition, lock]));
  const signal = new AbortController().signal;
  return { needs: { log, projection, held, pace, signal }, mostAtOnce: () => mostAtOnce };
};

const replayed = async (pace: Pace) => {
  const { log } = await filledLog();
  let [events, mostEvents, worked] = [0, 0, 0];
  const { needs, mostAtOnce } = needsOf(log, pace, async (count, ms) => {
    events += count;
    mostEvents = Math.max(mostEvents, count);
    worked += Math.min(500, ms); // a rest is no longer either
  });
  const begun = performance.now();
  await replay({ ...needs, targets: await headsOf(log) });
  return { events, mostEvents, mostAtOnce: mostAtOnce(), workedShare: worked / (performance.now() - begun) };
};

test('a considerate replay works on one small transaction at a time, and rests for at least as long as it works', async () => {
  const { events, mostAtOnce, mostEvents, workedShare } = await replayed('considerate');
  expect(events).toBe(messages);
  expect(mostAtOnce).toBe(1);
  expect(mostEvents).toBeLessThanOrEqual(500);
  expect(workedShare).toBeLessThan(0.55);
});

test('at full speed two go on at once, without a rest', async () => {
  const { events, mostAtOnce } = await replayed('full');
  expect(events).toBe(messages);
  expect(mostAtOnce).toBe(2);
});

test.each([
  { share: 0.7, mostAtOnce: 2 },
  { share: 0.4, mostAtOnce: 1 },
])('catching up goes at full speed once a round leaves more than half: $share of it', async ({ share, mostAtOnce }) => {
  const { log, add } = await filledLog();
  await add(3 * messages); // so that 0.4 of all is more than what counts as little
  let [events, added] = [0, 0];
  const { needs, mostAtOnce: most } = needsOf(log, 'considerate', async (count) => {
    events += count;
    const due = Math.floor(Math.min(events, 4 * messages) * share) - added; // what comes during the first round
    added += due;
    await add(due);
  });
  await catchUp(needs);
  expect(events).toBeGreaterThanOrEqual(4 * messages + added - nearlyThere);
  expect(most()).toBe(mostAtOnce);
});
