import type { ChatEvent } from '@kuraxx/domain';
import type { StoredEvent } from '@kuraxx/event-store';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { at, created, epoch, sent, snapshot, stored, story } from '../events.fixture.ts';
import { allRows, emptyRows, openTestDatabase, type TestDatabase } from '../rows.fixture.ts';
import { applyBatch } from './apply.ts';
import { listParked } from './parked.ts';
import { project } from './project.ts';

let opened: TestDatabase;
beforeAll(async () => {
  opened = await openTestDatabase();
});
afterAll(() => opened.close());
beforeEach(() => emptyRows(opened.database));

const never = new AbortController().signal;
let transactions = 0;
const apply =
  (partition: 0 | 'accounts') => (events: Parameters<typeof applyBatch>[3], upTo: number, after: number) => {
    transactions++;
    return applyBatch(opened.database, partition, epoch, events, upTo, after);
  };
const projectAll = (events: readonly StoredEvent[], partition: 0 | 'accounts' = 0) =>
  project(apply(partition), events, events.length, 0, never);
const parked = () => opened.database.run('list', listParked);

/** Postgres takes no NUL in a text. */
const refused = (id: string, roomId: string): ChatEvent => sent({ ...snapshot(id, roomId, 'ann'), content: 'a\0b' });
const message = (id: string, roomId: string): ChatEvent => sent(snapshot(id, roomId, 'ann'));

test('the one event of a batch that Postgres refuses is found, and parks its room alone', async () => {
  const rooms = Array.from({ length: 20 }, (_, index) => `r${index}`);
  const events = story([
    ...rooms.map((room) => created(room, 'ann')),
    ...Array.from({ length: 300 }, (_, n) =>
      n === 137 ? refused('bad', 'r3') : message(`m${n}`, rooms[n % rooms.length] ?? ''),
    ),
  ]);
  transactions = 0;
  const { sequence, parked: count, newlyParked } = await projectAll(events);
  expect({ sequence, count }).toEqual({ sequence: events.length, count: 1 });
  expect(newlyParked).toMatchObject([
    { aggregate: 'room:r3', fromSequence: 20 + 138, cause: 'refused', eventId: events[157]?.record.eventId },
  ]);
  expect(transactions).toBeLessThan(40); // found by halves, not one by one
  const { rooms: rows = [] } = await allRows(opened.database);
  const shape = z.object({ id: z.string(), message_count: z.number() });
  const counts = new Map(rows.map((row) => shape.parse(row)).map((row) => [row.id, row.message_count]));
  for (const room of rooms) expect(counts.get(room), room).toBe(room === 'r3' ? 7 : room === 'r17' ? 14 : 15);
});

test('an event on which the projection throws parks its room, with the reason', async () => {
  // an event of a room in the partition of the accounts: no such thing can be
  const events = [
    stored(created('r1', 'ann'), 1, 'accounts'),
    stored(
      { type: 'UserRegistered', data: { userId: 'bob', username: 'bob', displayName: 'Bob', at: at(1) } },
      2,
      'accounts',
    ),
  ];
  await projectAll(events, 'accounts');
  expect(await parked()).toMatchObject([
    {
      partition: 'accounts',
      aggregate: 'room:r1',
      cause: 'handler',
      reason: expect.stringContaining('partition accounts'),
      skipped: 0,
    },
  ]);
  expect((await allRows(opened.database))['users']).toHaveLength(1);
});

test('what goes wrong with the database as a whole parks nothing', async () => {
  const events = story([created('r1', 'ann'), message('m1', 'r1')]);
  const broken = () => Promise.reject(Object.assign(new Error('no such column'), { code: '42703' }));
  await expect(project(broken, events, 2, 0, never)).rejects.toThrow('no such column');
  await expect(project(apply(0), [...events], 2, 0, AbortSignal.abort())).resolves.toMatchObject({ parked: 0 });
  expect(await parked()).toEqual([]);
});

test('what looked deterministic but was not is applied after all', async () => {
  const events = story([created('r1', 'ann'), message('m1', 'r1')]);
  let failures = 3;
  const flaky: ReturnType<typeof apply> = (part, upTo, after) =>
    failures-- > 0 ? Promise.reject(Object.assign(new Error('odd'), { code: '22P02' })) : apply(0)(part, upTo, after);
  expect(await project(flaky, events, 2, 0, never)).toMatchObject({ sequence: 2, parked: 0 });
});

const room = fc.constantFrom('r1', 'r2', 'r3');
const anyEvent = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(room, fc.integer({ min: 0, max: 99 })).map(([r, n]) => message(`${r}-${n}`, r)) },
  { weight: 1, arbitrary: room.map((r) => refused(`${r}-bad`, r)) },
);

test('whatever is refused, in whatever batches: rooms without it have all rows, rooms with it those before it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyEvent, { minLength: 1, maxLength: 24 }),
      fc.integer({ min: 1, max: 24 }),
      async (list, size) => {
        const events = story([created('r1', 'ann'), created('r2', 'ann'), created('r3', 'ann'), ...list]);
        const isBad = ({ data }: StoredEvent) => 'message' in data && data.message.content.includes('\0');
        const bad = new Set<string>();
        const good = events.filter((event) => {
          const { subject } = event.record;
          const name = subject.kind === 'room' ? subject.roomId : '';
          if (isBad(event)) bad.add(name);
          return !bad.has(name);
        });
        await emptyRows(opened.database);
        await applyBatch(opened.database, 0, epoch, good, events.length);
        const expected = await allRows(opened.database);
        await emptyRows(opened.database);
        let after = 0;
        while (after < events.length) {
          const upTo = Math.min(after + size, events.length);
          after = (await project(apply(0), events.slice(after, upTo), upTo, after, never)).sequence;
        }
        const { checkpoints: _, parked: parkedRows, ...rows } = await allRows(opened.database);
        const { checkpoints: __, parked: ___, ...expectedRows } = expected;
        expect(rows).toEqual(expectedRows);
        expect(parkedRows).toHaveLength(bad.size);
      },
    ),
    { numRuns: 6 }, // each refused event is tried for a second
  );
});
