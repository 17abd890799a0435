import { setTimeout as delay } from 'node:timers/promises';
import { memoryEventLog, type Partition } from '@kuraxx/event-store';
import { expect, test } from 'vitest';
import { sent, snapshot, subjectOf } from '../events.fixture.ts';
import type { PartitionLock } from '../projection/locks.ts';
import type { Projection } from '../projection/projections.ts';
import { headsOf, type Pace, replay } from './replay.ts';

const messages = 3000;
const transactionMs = 20;

/** Replays messages of rooms in four partitions into a projection that only takes its time. */
const replayed = async (pace: Pace) => {
  const log = memoryEventLog({ roomPartitions: 4 });
  for (let n = 0; n < messages; n++) {
    const event = sent(snapshot(`m${n}`, `r${n % 20}`, 'ann', n));
    await log.append(subjectOf(event), event);
  }
  let [running, mostAtOnce, mostEvents, worked] = [0, 0, 0, 0];
  const apply: Projection['apply'] = async (_partition, _epoch, events, upTo) => {
    running += 1;
    mostAtOnce = Math.max(mostAtOnce, running);
    mostEvents = Math.max(mostEvents, events.length);
    const begun = performance.now();
    await delay(transactionMs);
    worked += Math.min(500, performance.now() - begun); // a rest is no longer either
    running -= 1;
    return { sequence: upTo, parked: 0, newlyParked: [] };
  };
  const unused = () => Promise.reject(new Error('not asked for here'));
  const projection: Projection = {
    schema: 'read_2',
    apply,
    checkpoint: async () => 0,
    tryLock: unused,
    parked: unused,
    retry: unused,
  };
  const lock: PartitionLock = { lost: new AbortController().signal, release: async () => undefined };
  const begun = performance.now();
  let events = 0;
  await replay({
    log,
    projection,
    held: new Map(log.partitions.map((partition): [Partition, PartitionLock] => [partition, lock])),
    targets: await headsOf(log),
    pace,
    signal: new AbortController().signal,
    onProgress: (progress) => {
      events += progress.events;
    },
  });
  return { events, mostAtOnce, mostEvents, workedShare: worked / (performance.now() - begun) };
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
