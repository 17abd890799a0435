import { type EventLog, memoryEventLog, Unavailable } from '@kuraxx/event-store';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { createHistory, type HistoryLimits } from './history.ts';
import { messageSent, roomUpdated } from './room.fixture.ts';

const logger = pino({ level: 'silent' });
const roomId = '0d9a2b8e-6f54-4e0e-9d39-0f5f6f3f9f11';
const wide: HistoryLimits = { stretchEvents: 1_000, stretchBytes: 1e6, historyBytes: 1e6, historyReads: 2 };

/** A log of so many messages in one partition, and the reads that were made of it. */
const logOf = async (count: number): Promise<{ log: EventLog; reads: string[]; fail: (isAway: boolean) => void }> => {
  const memory = memoryEventLog({ roomPartitions: 1 });
  const reads: string[] = [];
  let isAway = false;
  for (let index = 0; index < count; index++)
    await memory.append({ kind: 'room', roomId, aspect: 'msg' }, messageSent(roomId, `${index}`));
  const log: EventLog = {
    ...memory,
    readRoom: async function* (room, range) {
      reads.push(`${range.after}-${range.upTo}`);
      if (isAway) throw new Unavailable('away');
      yield* memory.readRoom(room, range);
    },
  };
  return { log, reads, fail: (now) => void (isAway = now) };
};
const span = ({ frames }: { frames: readonly { sequence: number }[] }) => frames.map(({ sequence }) => sequence);

test('hundreds who ask at once are one read of the log, and so are those who come a little later', async () => {
  const { log, reads } = await logOf(100);
  const history = createHistory(log, wide, logger);
  const stretches = await Promise.all(
    Array.from({ length: 300 }, (_, index) => history.read(roomId, 50 + (index % 10), 100)),
  );
  for (const [index, stretch] of stretches.entries())
    expect(span(stretch)).toEqual(Array.from({ length: 50 - (index % 10) }, (_, n) => 51 + (index % 10) + n));
  expect(span(await history.read(roomId, 98, 100))).toEqual([99, 100]);
  expect(reads).toEqual(['50-100']);
});

test('who was away for long does not hold up the others, nor the others them', async () => {
  const { log, reads } = await logOf(10_020);
  const history = createHistory(log, { ...wide, stretchEvents: 10 }, logger);
  const [recent, old] = await Promise.all([history.read(roomId, 10_015, 10_020), history.read(roomId, 3, 10_020)]);
  expect([span(recent).length, recent.upTo]).toEqual([5, 10_020]);
  expect([span(old)[0], old.upTo]).toEqual([4, 13]);
  expect(reads).toEqual(['10015-10020', '3-10020']);
});

test('a stretch ends at its bound, and the next one goes on from there', async () => {
  const { log } = await logOf(25);
  const history = createHistory(log, { ...wide, stretchEvents: 10 }, logger);
  const seen: number[] = [];
  let at = 0;
  while (at < 25) {
    const stretch = await history.read(roomId, at, 25);
    seen.push(...span(stretch));
    at = stretch.upTo;
  }
  expect(seen).toEqual(Array.from({ length: 25 }, (_, index) => index + 1));
});

test('frames are chained; events that are no frames are in no stretch but behind it', async () => {
  const { log } = await logOf(2);
  for (const event of [roomUpdated(roomId), roomUpdated(roomId)])
    await log.append({ kind: 'room', roomId, aspect: 'meta' }, event);
  const { frames, upTo } = await createHistory(log, wide, logger).read(roomId, 0, 4);
  expect(frames.map(({ place }) => [place.prev, place.position])).toEqual([
    ['memory.0.0', 'memory.0.1'],
    ['memory.0.1', 'memory.0.2'],
  ]);
  expect(upTo).toBe(4);
});

test('what is kept has a bound: the longest unused is read anew', async () => {
  const { log, reads } = await logOf(30);
  const history = createHistory(log, { ...wide, stretchEvents: 10, historyBytes: 25_000 }, logger);
  await history.read(roomId, 0, 30);
  await history.read(roomId, 10, 30);
  await history.read(roomId, 0, 30); // used again
  await history.read(roomId, 20, 30);
  await history.read(roomId, 0, 30);
  expect(reads).toHaveLength(3);
  await history.read(roomId, 10, 30);
  expect(reads).toHaveLength(4);
});

test('with the log away all who wait are told, and the next ones try anew', async () => {
  const { log, fail } = await logOf(10);
  const history = createHistory(log, wide, logger);
  fail(true);
  const settled = await Promise.allSettled([1, 2, 3].map((after) => history.read(roomId, after, 10)));
  expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  fail(false);
  expect(span(await history.read(roomId, 8, 10))).toEqual([9, 10]);
});

test('an event that this build can not read is left out', async () => {
  const { log } = await logOf(3);
  const newer: EventLog = {
    ...log,
    readRoom: async function* (room, range) {
      for await (const record of log.readRoom(room, range))
        yield record.position.sequence === 2 ? { ...record, wireType: 'kuraxx.message.sent.v99' } : record;
    },
  };
  expect(span(await createHistory(newer, wide, logger).read(roomId, 0, 3))).toEqual([1, 3]);
});
