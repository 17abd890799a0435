import type { ChatEvent } from '@kuraxx/domain';
import type { StoredEvent } from '@kuraxx/event-store';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { CheckpointBehind, EpochMismatch } from '../errors.ts';
import {
  at,
  created,
  deleted,
  edited,
  epoch,
  fileDeleted,
  filePurged,
  fileUsed,
  joined,
  left,
  registered,
  sent,
  snapshot,
  stored,
  story,
  uploaded,
  uploadStarted,
} from '../events.fixture.ts';
import { allRows, emptyRows, openTestDatabase, type TestDatabase } from '../rows.fixture.ts';
import { firstSchema } from '../schema.ts';
import { applyBatch } from './apply.ts';
import { readCheckpoint } from './checkpoint.ts';

let opened: TestDatabase;
beforeAll(async () => {
  opened = await openTestDatabase();
});
afterAll(() => opened.close());
beforeEach(() => emptyRows(opened.database));

const rooms = ['r1', 'r2'];
const users = ['ann', 'bob', 'cid'];
const room = fc.constantFrom(...rooms);
const user = fc.constantFrom(...users);
const file = fc.constantFrom('f1', 'f2');
const ms = fc.integer({ min: 0, max: 50 });
const message = fc
  .record({ n: fc.integer({ min: 1, max: 6 }), room, user, ms })
  .map((m) => snapshot(`${m.room}-m${m.n}`, m.room, m.user, m.ms));

/** Any event in any order, also ones that no decider would allow: what happened, happened. */
const anyEvent: fc.Arbitrary<ChatEvent> = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(room, user).map(([roomId, owner]) => created(roomId, owner)) },
  { weight: 6, arbitrary: message.map(sent) },
  { weight: 3, arbitrary: fc.tuple(file, user, ms).map(([f, u, t]) => uploadStarted(f, u, t)) },
  { weight: 2, arbitrary: fc.tuple(file, user, ms).map(([f, u, t]) => uploaded(f, u, t)) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(file, user, message, ms)
      .map(([f, u, m, t]) => fileUsed(f, u, { kind: 'message', roomId: m.roomId, messageId: m.id }, t)),
  },
  { weight: 1, arbitrary: fc.tuple(file, user, ms).map(([f, u, t]) => fileDeleted(f, u, t)) },
  { weight: 1, arbitrary: fc.tuple(file, user, ms).map(([f, u, t]) => filePurged(f, u, t)) },
  { weight: 3, arbitrary: fc.tuple(message, ms).map(([m, t]) => edited(m, `edited ${t}`, t)) },
  { weight: 2, arbitrary: fc.tuple(message, ms).map(([m, t]) => deleted(m, t)) },
  { weight: 2, arbitrary: fc.tuple(room, user, ms).map(([r, u, t]) => joined(r, u, t)) },
  { weight: 2, arbitrary: fc.tuple(room, user, ms).map(([r, u, t]) => left(r, u, t)) },
  {
    weight: 1,
    arbitrary: fc.tuple(room, user, ms).map(
      ([roomId, userId, t]): ChatEvent => ({
        type: 'RoleChanged',
        data: { roomId, userId, role: 'ADMIN', by: 'ann', at: at(t) },
      }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(room, ms, fc.option(fc.constantFrom('{"odd", \\}', ''))).map(
      ([roomId, t, text]): ChatEvent => ({
        type: 'RoomUpdated',
        data: { roomId, name: `as of ${t}`, description: text, avatarUrl: text, by: 'ann', at: at(t) },
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(room, ms)
      .map(([roomId, t]): ChatEvent => ({ type: 'RoomDeleted', data: { roomId, by: 'ann', at: at(t) } })),
  },
);

test('any cut into batches, each given twice, gives the same rows', async () => {
  const { database } = opened;
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyEvent, { minLength: 1, maxLength: 40 }),
      fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 40, maxLength: 40 }),
      async (events, sizes) => {
        const all = story([created('r1', 'ann', { others: ['bob'] }), created('r2', 'bob'), ...events]);
        await emptyRows(database);
        for (const event of all) await applyBatch(database, 0, epoch, [event], event.record.position.sequence);
        const expected = await allRows(database);

        await emptyRows(database);
        let from = 0;
        for (const size of sizes) {
          if (from >= all.length) break;
          const upTo = Math.min(from + size, all.length);
          await applyBatch(database, 0, epoch, all.slice(from, upTo), upTo, from);
          // again, and with some that were applied before
          await applyBatch(database, 0, epoch, all.slice(Math.max(0, from - 3), upTo), upTo);
          from = upTo;
        }
        expect(await allRows(database)).toEqual(expected);
      },
    ),
    { numRuns: 40 },
  );
});

test('the counts of a room agree with its rows', async () => {
  const { database } = opened;
  await fc.assert(
    fc.asyncProperty(fc.array(anyEvent, { minLength: 1, maxLength: 30 }), async (events) => {
      await emptyRows(database);
      const all = story([created('r1', 'ann'), ...events]);
      await applyBatch(database, 0, epoch, all, all.length);
      const rows = await allRows(database);
      for (const row of rows['rooms'] ?? []) {
        const mine = (other: unknown) =>
          typeof other === 'object' && other !== null && 'room_id' in other && other.room_id === idOf(row);
        expect(row).toMatchObject({
          message_count: rows['messages']?.filter(mine).length,
          member_count: rows['room_members']?.filter(mine).length,
        });
      }
    }),
    { numRuns: 25 },
  );
});

const idOf = (row: unknown): unknown => (typeof row === 'object' && row !== null && 'id' in row ? row.id : undefined);

test('no index is over what each message changes in its room', async () => {
  const { rows } = await opened.database.run('read the indexes', (db) =>
    sql<{ column: string }>`
      select distinct attname as column from pg_index join pg_attribute on attrelid = indrelid and attnum = any(indkey)
      where indrelid = ${`${firstSchema}.rooms`}::regclass`.execute(db),
  );
  const indexed = rows.map(({ column }) => column);
  expect(indexed).toContain('id');
  for (const changed of ['message_count', 'last_message_at']) expect(indexed).not.toContain(changed);
});

test('two appliers at once neither double nor skip', async () => {
  const { database } = opened;
  const all = story([
    created('r1', 'ann'),
    ...Array.from({ length: 300 }, (_, index) => sent(snapshot(`m${index}`, 'r1', 'ann', index))),
  ]);
  const applier = async (size: number) => {
    let after = 0;
    while (after < all.length) {
      const upTo = Math.min(after + size, all.length);
      after = (await applyBatch(database, 0, epoch, all.slice(after, upTo), upTo, after)).sequence;
    }
  };
  await Promise.all([applier(7), applier(11), applier(3)]);
  const rows = await allRows(database);
  expect(rows['messages']).toHaveLength(300);
  expect(rows['rooms']).toMatchObject([{ message_count: 300 }]);
  expect(await readCheckpoint(database, 0, epoch)).toBe(301);
});

test('the checkpoint moves also when no event changes a row, and never back', async () => {
  const { database } = opened;
  expect(await readCheckpoint(database, 3, epoch)).toBe(0);
  expect(await applyBatch(database, 3, epoch, [], 9)).toMatchObject({ sequence: 9 });
  expect(await applyBatch(database, 3, epoch, [], 4)).toMatchObject({ sequence: 9 });
  expect(await readCheckpoint(database, 3, epoch)).toBe(9);
});

test('a batch that would leave a hole is refused and changes nothing', async () => {
  const { database } = opened;
  await applyBatch(database, 0, epoch, story([created('r1', 'ann')]), 1);
  const later = [stored(sent(snapshot('m1', 'r1', 'ann')), 6)];
  await expect(applyBatch(database, 0, epoch, later, 6, 5)).rejects.toThrow(CheckpointBehind);
  expect((await allRows(database))['messages']).toEqual([]);
});

test('an emptied read model says where to start again', async () => {
  const { database } = opened;
  await applyBatch(database, 0, epoch, story([created('r1', 'ann')]), 1);
  await emptyRows(database);
  const later = [stored(sent(snapshot('m1', 'r1', 'ann')), 2)];
  await expect(applyBatch(database, 0, epoch, later, 2, 1)).rejects.toMatchObject({ checkpoint: 0 });
  expect(await readCheckpoint(database, 0, epoch)).toBe(0);
});

test('events of another log are refused', async () => {
  const { database } = opened;
  await applyBatch(database, 0, epoch, story([created('r1', 'ann')]), 1);
  await expect(applyBatch(database, 0, 'another', [], 5)).rejects.toThrow(EpochMismatch);
  await expect(readCheckpoint(database, 0, 'another')).rejects.toThrow(EpochMismatch);
});

test('rooms and deletions of accounts come out the same in any order, and side by side', async () => {
  const { database } = opened;
  const accounts: ChatEvent[] = users.flatMap((userId) => [
    registered(userId),
    { type: 'AccountDeleted', data: { userId, at: at(9) } },
  ]);
  const chat = story([
    created('r1', 'ann', { others: ['bob'] }),
    joined('r1', 'cid', 1),
    left('r1', 'bob', 2),
    deleted({ ...snapshot('left-r1-bob-2', 'r1', 'bob') }, 3),
    joined('r1', 'bob', 4),
  ]);
  const one = async (events: readonly StoredEvent[]) => {
    for (const event of events) {
      await applyBatch(database, event.record.position.partition, epoch, [event], event.record.position.sequence);
    }
  };
  const people = story(accounts, 'accounts');
  await one(people);
  await one(chat);
  const wanted = await allRows(database);
  expect(JSON.stringify(wanted)).not.toMatch(/(ann|bob|cid) (shown|then|joined|left)/);
  await emptyRows(database);
  await one(chat);
  await one(people);
  expect(await allRows(database)).toEqual(wanted);
  for (let round = 0; round < 8; round++) {
    await emptyRows(database);
    await Promise.all([one(people), one(chat)]);
    expect(await allRows(database)).toEqual(wanted);
  }
});
