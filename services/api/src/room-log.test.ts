import { randomUUID } from 'node:crypto';
import type { ChatEvent } from '@kuraxx/domain';
import { memoryEventLog } from '@kuraxx/event-store';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRoomLog } from './room-log.ts';

const roomId = randomUUID();
const elsewhere = randomUUID();
const by = randomUUID();
const at = '2031-02-03T04:05:06.789Z';

/** One event in a room, of no other kind than is needed. */
const deleted = (room: string): ChatEvent => ({
  type: 'MessageDeleted',
  data: { messageId: randomUUID(), roomId: room, by, at },
});

/** A log of one partition with events of the room (true) and of another. */
const logOf = async (mine: readonly boolean[]) => {
  const log = memoryEventLog({ roomPartitions: 1 });
  const positions: string[] = [];
  for (const isMine of mine) {
    const room = isMine ? roomId : elsewhere;
    const { position } = await log.append({ kind: 'room', roomId: room, aspect: 'edit' }, deleted(room));
    if (isMine) positions.push(`${position.epoch}.${position.partition}.${position.sequence}`);
  }
  const reachedAtMs = ({ sequence }: { sequence: number }) => (sequence === 1 ? Date.parse(at) : undefined);
  return { roomLog: createRoomLog(log, { reachedAtMs }), positions };
};

test('without a position it is the last events, however thinly they lie; with one those that follow it', async () => {
  const gaps = fc.array(fc.nat({ max: 400 }), { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(gaps, fc.integer({ min: 1, max: 5 }), fc.nat(), async (between, limit, which) => {
      const mine = between.flatMap((gap) => [true, ...Array.from({ length: gap }, () => false)]);
      const { roomLog, positions } = await logOf(mine);
      const last = await roomLog.read(roomId, { limit });
      expect(last.map(({ position }) => position)).toEqual(positions.slice(-limit));
      const index = which % positions.length;
      const next = await roomLog.read(roomId, { after: positions[index], limit });
      expect(next.map(({ position }) => position)).toEqual(positions.slice(index + 1, index + 1 + limit));
    }),
    { numRuns: 8 },
  );
});

test('an entry says what, when and who, not what was said, and when the read models had it', async () => {
  const { roomLog } = await logOf([true, true]);
  const [first, second] = await roomLog.read(roomId, { limit: 10 });
  expect(first).toMatchObject({ type: 'kuraxx.message.deleted.v1', userId: by, projectedAt: at });
  expect(first?.messageId).toMatch(/^[0-9a-f-]{36}$/);
  expect(Object.keys(first ?? {}).toSorted()).toEqual(
    ['at', 'bytes', 'messageId', 'position', 'projectedAt', 'type', 'userId'].toSorted(),
  );
  expect(second?.projectedAt).toBeNull();
});

test('a position of another log gives the last events', async () => {
  const { roomLog, positions } = await logOf([true, true, true]);
  const entries = await roomLog.read(roomId, { after: 'other.0.99', limit: 2 });
  expect(entries.map(({ position }) => position)).toEqual(positions.slice(-2));
});
