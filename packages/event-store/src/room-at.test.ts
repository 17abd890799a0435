import type { ChatEvent, MessageSnapshot } from '@kuraxx/domain';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeRecord } from './codec.ts';
import { UnreadableEvent } from './errors.ts';
import { collect, snapshotOf } from './event.fixture.ts';
import { memoryEventLog } from './memory-event-log.ts';
import type { EventLog } from './ports.ts';
import { evolveRoomAt, initialRoomAt, type RoomAt } from './room-at.fixture.ts';
import { createBudget, findSequenceAt, readRoomAt, TooManyEvents } from './room-at.ts';

const roomId = '11111111-1111-4111-8111-111111111111';
const elsewhere = '22222222-2222-4222-8222-222222222222';
const at = '2031-02-03T04:05:06.789Z';
const users = ['ann', 'bob', 'cid'];

/** A step: what happens, to whom or to which message. Whatever the rules say: a fold never refuses. */
const step = fc.record({
  what: fc.constantFrom(
    'create',
    'send',
    'send',
    'send',
    'edit',
    'delete',
    'join',
    'leave',
    'role',
    'remove',
    'end',
    'other',
  ),
  which: fc.nat({ max: 30 }),
});

/** Writes the steps into a log, one of a hundred of them (`end`) ending the room. */
const write = async (log: EventLog, steps: readonly { what: string; which: number }[]): Promise<void> => {
  const sent: MessageSnapshot[] = [];
  const append = (aspect: 'meta' | 'msg' | 'edit', event: ChatEvent, room = roomId) =>
    log.append({ kind: 'room', roomId: room, aspect }, event);
  const send = (content: string): MessageSnapshot => {
    const message = snapshotOf(roomId, content);
    sent.push(message);
    return message;
  };
  for (const [index, { what, which }] of steps.entries()) {
    const userId = users[which % users.length] ?? 'ann';
    const message = sent[which % Math.max(1, sent.length)];
    const person = { roomId, userId, username: userId, displayName: userId, at };
    if (what === 'create') {
      const members = [{ membershipId: 'ms-ann', userId: 'ann', role: 'OWNER' as const }];
      const settings = {
        name: `n${index}`,
        description: null,
        type: 'PUBLIC' as const,
        topics: [],
        hasPasscode: false,
      };
      await append('meta', { type: 'RoomCreated', data: { roomId, ...settings, createdById: 'ann', members, at } });
    } else if (what === 'send') await append('msg', { type: 'MessageSent', data: { message: send(`m${index}`) } });
    else if (what === 'edit' && message !== undefined) {
      const edited = { ...message, content: `e${index}`, editedAt: at };
      await append('edit', { type: 'MessageEdited', data: { message: edited } });
    } else if (what === 'delete' && message !== undefined) {
      await append('edit', { type: 'MessageDeleted', data: { messageId: message.id, roomId, by: userId, at } });
    } else if (what === 'join') {
      const data = { ...person, membershipId: `ms-${index}`, message: send('joined') };
      await append('meta', { type: 'MemberJoined', data });
    } else if (what === 'leave')
      await append('meta', { type: 'MemberLeft', data: { ...person, message: send('left') } });
    else if (what === 'role') {
      await append('meta', { type: 'RoleChanged', data: { roomId, userId, role: 'ADMIN', by: 'ann', at } });
    } else if (what === 'remove') {
      await append('meta', { type: 'MemberRemoved', data: { roomId, userId, username: userId, by: 'ann', at } });
    } else if (what === 'end' && which === 0)
      await append('meta', { type: 'RoomDeleted', data: { roomId, by: 'ann', at } });
    else if (what === 'other')
      await append('msg', { type: 'MessageSent', data: { message: snapshotOf(elsewhere, 'x') } }, elsewhere);
  }
};

const foldOfFirst = async (log: EventLog, upTo: number): Promise<RoomAt> => {
  let state = initialRoomAt();
  for (const record of await collect(log.readRoom(roomId, { after: 0, upTo }))) {
    state = evolveRoomAt(state, decodeRecord(record), record.position.sequence);
  }
  return state;
};

test('what it was like at any position is the fold of the first events, page by page', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 80 }),
      fc.integer({ min: 1, max: 9 }),
      fc.nat(),
      async (steps, limit, cut) => {
        const log = memoryEventLog({ roomPartitions: 1 });
        await write(log, [{ what: 'create', which: 0 }, ...steps]);
        const upTo = cut % ((await log.head(0)) + 1);
        const expected = await foldOfFirst(log, upTo);
        const pages: MessageSnapshot[] = [];
        let before: number | undefined;
        do {
          const page = await readRoomAt(log, roomId, { upTo, before, limit });
          expect(page.room).toEqual(expected.room);
          expect(page.messages.length).toBeLessThanOrEqual(limit);
          pages.push(...page.messages);
          before = page.before;
        } while (before !== undefined);
        const left = [...expected.messages.values()].filter(({ deletedAt }) => deletedAt === null);
        expect(pages).toEqual(left.toReversed());
      },
    ),
    { numRuns: 150 },
  );
});

test('a time is where the first later event begins', async () => {
  const log = memoryEventLog({ roomPartitions: 1 });
  await write(log, [{ what: 'create', which: 0 }, ...Array.from({ length: 5 }, () => ({ what: 'send', which: 0 }))]);
  const records = await collect(log.readRoom(roomId, { after: 0, upTo: 100 }));
  for (const { time } of records) {
    const expected = records.findLast((record) => record.time <= time)?.position.sequence;
    expect(await findSequenceAt(log, roomId, time)).toBe(expected);
  }
  expect(await findSequenceAt(log, roomId, '2000-01-01T00:00:00.000Z')).toBe(0);
});

test('it reads no more than it may', async () => {
  const log = memoryEventLog({ roomPartitions: 1 });
  await write(log, [{ what: 'create', which: 0 }, ...Array.from({ length: 20 }, () => ({ what: 'send', which: 0 }))]);
  await expect(readRoomAt(log, roomId, { upTo: 21, limit: 5, spend: createBudget(10) })).rejects.toThrow(TooManyEvents);
  await expect(findSequenceAt(log, roomId, '2999-01-01T00:00:00.000Z', createBudget(10))).rejects.toThrow(
    TooManyEvents,
  );
  expect((await readRoomAt(log, roomId, { upTo: 21, limit: 5, spend: createBudget(30) })).messages).toHaveLength(5);
});

test('what a newer version has written among the messages of a page is refused, not left out', async () => {
  const stored = memoryEventLog({ roomPartitions: 1 });
  await write(stored, [{ what: 'create', which: 0 }, ...Array.from({ length: 5 }, () => ({ what: 'send', which: 0 }))]);
  const log: Pick<EventLog, 'readRoom' | 'readSubject'> = {
    readSubject: (subject, after) => stored.readSubject(subject, after),
    readRoom: async function* (room, range) {
      for await (const record of stored.readRoom(room, range)) {
        const isNewer = record.position.sequence === 4;
        yield isNewer ? { ...record, wireType: 'kuraxx.message.pinned.v1', type: undefined } : record;
      }
    },
  };
  expect((await readRoomAt(log, roomId, { upTo: 6, limit: 2 })).messages).toHaveLength(2);
  await expect(readRoomAt(log, roomId, { upTo: 6, before: 5, limit: 2 })).rejects.toThrow(UnreadableEvent);
});

test('looking back further reads nothing again', async () => {
  const stored = memoryEventLog({ roomPartitions: 1 });
  const quiet = Array.from({ length: 3000 }, () => ({ what: 'role', which: 0 }));
  const sends = Array.from({ length: 3 }, () => ({ what: 'send', which: 0 }));
  await write(stored, [{ what: 'create', which: 0 }, ...sends, ...quiet, { what: 'send', which: 0 }]);
  const read: number[] = [];
  const log: Pick<EventLog, 'readRoom' | 'readSubject'> = {
    readSubject: (subject, after) => stored.readSubject(subject, after),
    readRoom: async function* (room, range) {
      for await (const record of stored.readRoom(room, range)) {
        read.push(record.position.sequence);
        yield record;
      }
    },
  };
  const upTo = await stored.head(0);
  const { messages } = await readRoomAt(log, roomId, { upTo, limit: 2 });
  expect(messages.map(({ content }) => content)).toEqual(['m3004', 'm3']);
  expect(new Set(read).size).toBe(read.length);
  expect(read.length).toBeGreaterThan(2048);
});
