import { setTimeout as delay } from 'node:timers/promises';
import type { ChatEvent } from '@kuraxx/domain';
import type { StoredEvent } from '@kuraxx/event-store';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { CheckpointBehind, EpochMismatch } from '../errors.ts';
import { at, created, deleted, edited, epoch, joined, left, sent, snapshot, story } from '../events.fixture.ts';
import { allRows, emptyRows, openTestDatabase, type TestDatabase } from '../rows.fixture.ts';
import { tables } from '../schema.ts';
import { type Apply, applyBatch } from './apply.ts';
import { createApplyTogether } from './apply-together.ts';
import { lockCheckpoint, readCheckpoint } from './checkpoint.ts';
import { lockNames } from './names.ts';

let opened: TestDatabase;
beforeAll(async () => {
  opened = await openTestDatabase();
});
afterAll(() => opened.close());
beforeEach(() => emptyRows(opened.database));

const partitions = [0, 1, 2] as const;
const users = fc.constantFrom('ann', 'bob');
const ms = fc.integer({ min: 0, max: 50 });

/** What happens in the one room of a partition. */
const eventsOf = (partition: number): fc.Arbitrary<readonly StoredEvent[]> => {
  const roomId = `r${partition}`;
  const message = fc
    .record({ n: fc.integer({ min: 1, max: 8 }), user: users, ms })
    .map((m) => snapshot(`${roomId}-m${m.n}`, roomId, m.user, m.ms));
  const one: fc.Arbitrary<ChatEvent> = fc.oneof(
    { weight: 6, arbitrary: message.map(sent) },
    fc.tuple(message, ms).map(([m, t]) => edited(m, `edited ${t}`, t)),
    fc.tuple(message, ms).map(([m, t]) => deleted(m, t)),
    fc.tuple(users, ms).map(([u, t]) => joined(roomId, u, t)),
    fc.tuple(users, ms).map(([u, t]) => left(roomId, u, t)),
  );
  return fc.array(one, { maxLength: 12 }).map((events) => story([created(roomId, 'ann'), ...events], partition));
};

/** In batches of so many, one after the other, as a partition does it. */
const applyAll = async (apply: Apply, partition: number, events: readonly StoredEvent[], size: number) => {
  for (let from = 0; from < events.length; from += size) {
    const upTo = Math.min(events.length, from + size);
    await apply(partition, epoch, events.slice(from, upTo), upTo, from);
  }
};

test('partitions that share transactions come to the rows that each alone comes to, messages sent twice included', () =>
  fc.assert(
    fc.asyncProperty(
      fc.tuple(eventsOf(0), eventsOf(1), eventsOf(2)),
      fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
      async (stories, sizes) => {
        await emptyRows(opened.database);
        for (const [index, partition] of partitions.entries())
          await applyBatch(opened.database, partition, epoch, stories[index] ?? [], stories[index]?.length ?? 0);
        const expected = await allRows(opened.database);
        await emptyRows(opened.database);
        const apply = createApplyTogether(opened.database);
        await Promise.all(
          partitions.map((partition, index) => applyAll(apply, partition, stories[index] ?? [], sizes[index] ?? 1)),
        );
        expect(await allRows(opened.database)).toEqual(expected);
      },
    ),
    { numRuns: 25 },
  ));

/** A room with messages, up to which each partition has come. */
const begun = async (apply: Apply) => {
  const stories = partitions.map((partition) => {
    const roomId = `r${partition}`;
    const messages = [1, 2, 3, 4].map((n) => sent(snapshot(`${roomId}-m${n}`, roomId, 'ann', n)));
    return story([created(roomId, 'ann'), ...messages], partition);
  });
  await Promise.all(
    partitions.map((partition, index) => apply(partition, epoch, stories[index]?.slice(0, 2) ?? [], 2)),
  );
  return stories;
};

test('what is wrong with one of them fails that one alone', async () => {
  const apply = createApplyTogether(opened.database);
  const stories = await begun(apply);
  const outcomes = await Promise.allSettled([
    apply(0, epoch, stories[0]?.slice(2, 3) ?? [], 3, 2),
    apply(1, 'another log', stories[1]?.slice(2, 3) ?? [], 3, 2),
    apply(2, epoch, stories[2]?.slice(4) ?? [], 5, 4),
    apply(0, epoch, stories[0]?.slice(2, 4) ?? [], 4, 2), // overlaps the first
  ]);
  expect(outcomes.map((one) => (one.status === 'fulfilled' ? one.value.sequence : one.reason.constructor))).toEqual([
    3,
    EpochMismatch,
    CheckpointBehind,
    4,
  ]);
  expect(await readCheckpoint(opened.database, 0, epoch)).toBe(4);
  expect(await readCheckpoint(opened.database, 2, epoch)).toBe(2);
});

/** The transaction that wrote each room. */
const writers = async (): Promise<Map<string, string>> => {
  const { rows } = await opened.database.run('look who wrote', (db) =>
    sql<{ id: string; xmin: string }>`select id, xmin::text as xmin from ${tables.rooms}`.execute(db),
  );
  return new Map(rows.map(({ id, xmin }) => [id, xmin]));
};

test('a common transaction takes batches of a few hundred events, and no more than fit; the others are in the next one', async () => {
  const apply = createApplyTogether(opened.database);
  const stories = partitions.map((partition) => {
    const messages = Array.from({ length: 240 }, (_, n) =>
      sent(snapshot(`m${partition}-${n}`, `r${partition}`, 'ann', n)),
    );
    return story([created(`r${partition}`, 'ann'), ...messages], partition);
  });
  const rest = async (partition: (typeof partitions)[number], from: number, to: number) =>
    apply(partition, epoch, stories[partition]?.slice(from, to) ?? [], to, from);
  await Promise.all(partitions.map((partition) => rest(partition, 0, 1)));
  const first = rest(0, 1, 2); // goes at once, and the others gather behind it
  await Promise.all([first, rest(1, 1, 241), rest(2, 1, 241), first.then(() => rest(0, 2, 241))]);
  const written = await writers();
  expect(written.get('r1')).toBe(written.get('r2'));
  expect(written.get('r0')).not.toBe(written.get('r1'));
  expect((await allRows(opened.database)).messages).toHaveLength(3 * 240);
});

test('a checkpoint that somebody else holds holds up its own partition alone', async () => {
  const apply = createApplyTogether(opened.database);
  const stories = await begun(apply);
  const { promise: end, resolve } = Promise.withResolvers<void>();
  const { promise: held, resolve: isHeld } = Promise.withResolvers<void>();
  const holding = opened.database.transaction('hold', async (db) => {
    await lockCheckpoint(db, 1, epoch);
    isHeld();
    await end;
  });
  await held;
  const next = (partition: 0 | 1 | 2, after: number) =>
    apply(partition, epoch, stories[partition]?.slice(after, after + 1) ?? [], after + 1, after);
  const one = next(1, 2);
  const others = [next(0, 2), next(2, 2)];
  expect((await Promise.all(others)).map(({ sequence }) => sequence)).toEqual([3, 3]);
  expect((await Promise.all([next(0, 3), next(2, 3)])).map(({ sequence }) => sequence)).toEqual([4, 4]);
  expect(await readCheckpoint(opened.database, 1, epoch)).toBe(2);
  resolve();
  await holding;
  expect((await one).sequence).toBe(3);
});

test('a common transaction waits for whoever takes names away, and then writes none of them', async () => {
  const apply = createApplyTogether(opened.database);
  const stories = await begun(apply);
  const length = stories[0]?.length ?? 0;
  const more = story([...Array.from({ length }, () => created('r0', 'ann')), joined('r0', 'cid', 9)], 0).slice(length);
  let isApplied = false;
  const applied = await opened.database.transaction('take a name away', async (db) => {
    await lockNames(
      db,
      'accounts',
      story([{ type: 'AccountDeleted', data: { userId: 'cid', at: at(8) } }], 'accounts'),
    );
    const applying = apply(0, epoch, more, length + 1, 2).finally(() => {
      isApplied = true;
    });
    await delay(300);
    expect(isApplied).toBe(false);
    await sql`insert into ${tables.users} (id, username, display_name, created_at, updated_at, deleted_at)
      values ('cid', 'gone', 'gone', ${at(1)}, ${at(8)}, ${at(8)})`.execute(db);
    return { applying };
  });
  await applied.applying;
  const { messages } = await allRows(opened.database);
  expect(JSON.stringify(messages)).toContain('joined');
  expect(JSON.stringify(messages)).not.toMatch(/cid (shown|then|joined)/);
});

test('batches of one partition keep their order, whoever comes between', async () => {
  const apply = createApplyTogether(opened.database);
  const stories = await begun(apply);
  const next = (partition: 0 | 1, after: number) =>
    apply(partition, epoch, stories[partition]?.slice(after, after + 1) ?? [], after + 1, after);
  const applied = await Promise.all([next(1, 2), next(0, 2), next(0, 3), next(1, 3), next(0, 4)]);
  expect(applied.map(({ sequence }) => sequence)).toEqual([3, 3, 4, 4, 5]);
});

test('a failure that is about no event is told to all, and tried once', async () => {
  let transactions = 0;
  const away = new Error('the database is away');
  const apply = createApplyTogether({
    ...opened.database,
    transaction: () => {
      transactions += 1;
      return Promise.reject(away);
    },
  });
  const outcomes = await Promise.allSettled(partitions.map((partition) => apply(partition, epoch, [], 1)));
  expect(outcomes).toEqual(partitions.map(() => ({ status: 'rejected', reason: away })));
  expect(transactions).toBe(2); // the first, and those that came meanwhile
});

test('twenty batches that come at once take fewer transactions than twenty', async () => {
  const many = Array.from({ length: 20 }, (_, index) => index);
  const of = (partition: number) => story([created(`r${partition}`, 'ann')], partition);
  let transactions = 0;
  const counted: typeof opened.database = {
    ...opened.database,
    transaction: (doing, work) => {
      transactions += 1;
      return opened.database.transaction(doing, work);
    },
  };
  const apply = createApplyTogether(counted);
  await Promise.all(many.map((partition) => apply(partition, epoch, of(partition), 1)));
  // the first time none has a checkpoint yet: each is made alone
  transactions = 0;
  await Promise.all(
    many.map((partition) => {
      const room = `r${partition}`;
      const [, message] = story([created(room, 'ann'), sent(snapshot(`${room}-m`, room, 'ann', 1))], partition);
      return apply(partition, epoch, message === undefined ? [] : [message], 2, 1);
    }),
  );
  expect(transactions).toBe(2);
});
