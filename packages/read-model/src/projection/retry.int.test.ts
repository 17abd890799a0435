import type { ChatEvent } from '@kuraxx/domain';
import { type EventLog, memoryEventLog } from '@kuraxx/event-store';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { created, sent, snapshot, subjectOf } from '../events.fixture.ts';
import { openReadModel, type ReadModel } from '../read-model.ts';
import { allRows, emptyRows, openTestDatabase, type TestDatabase } from '../rows.fixture.ts';
import { firstSchema } from '../schema.ts';
import { followPartition } from './follow-partition.ts';
import type { ReadEvent } from './read-events.ts';

let opened: TestDatabase;
let model: ReadModel;
beforeAll(async () => {
  opened = await openTestDatabase();
  model = await openReadModel({ databaseUrl: opened.url });
});
afterAll(async () => {
  await model.close();
  await opened.close();
});
beforeEach(() => emptyRows(opened.database));

const never = new AbortController().signal;
const lock = { lost: never };
const append = async (log: EventLog, events: readonly ChatEvent[]) => {
  for (const event of events) await log.append(subjectOf(event), event);
};

/** A projection as an older build has it, that can't read some events. */
const olderBuild = (isUnknown: (id: string) => boolean) => {
  const projection = model.projectionInto(firstSchema);
  const idOf = (event: ReadEvent): string =>
    'type' in event && 'message' in event.data ? event.data.message.id : event.record.eventId;
  const spoil = (event: ReadEvent): ReadEvent =>
    isUnknown(idOf(event)) ? { record: event.record, failure: { cause: 'unreadable', reason: 'too new' } } : event;
  return {
    ...projection,
    apply: (...[partition, epoch, events, upTo, after]: Parameters<typeof projection.apply>) =>
      projection.apply(partition, epoch, events.map(spoil), upTo, after),
  };
};
const follow = async (log: EventLog, projection = model.projectionInto(firstSchema), maxBatch = 200) =>
  followPartition(0, { log, projection, lock, signal: never, maxBatch, upTo: await log.head(0) });
const rows = async () => {
  const { checkpoints: _, ...rest } = await allRows(opened.database);
  return rest;
};

test('what was skipped is projected in order, and nothing is parked any more', async () => {
  const log = memoryEventLog({ roomPartitions: 1 });
  await append(log, [created('r1', 'ann'), created('r2', 'ann')]);
  for (let n = 0; n < 1200; n++) await append(log, [sent(snapshot(`m${n}`, n % 3 === 0 ? 'r2' : 'r1', 'ann', n))]);
  await follow(
    log,
    olderBuild((id) => id === 'm10'),
  );
  const projection = model.projectionInto(firstSchema);
  expect(await projection.parked()).toMatchObject([{ aggregate: 'room:r1', skipped: 800 - 7, reason: 'too new' }]);
  expect(await projection.retry(log, 'room:r1', never)).toEqual({ outcome: 'unparked', events: 800 - 6 });
  expect(await projection.parked()).toEqual([]);
  const after = await rows();
  await emptyRows(opened.database);
  await follow(log);
  expect(after).toEqual(await rows());
  expect(await projection.retry(log, 'room:r1', never)).toEqual({ outcome: 'not parked' });
  await expect(projection.retry(log, 'r1', never)).rejects.toThrow(TypeError);
});

test('an event that still can not be projected keeps the room parked there, with what is before it applied', async () => {
  const log = memoryEventLog({ roomPartitions: 1 });
  await append(log, [created('r1', 'ann')]);
  const content = (n: number) => (n === 40 ? 'a\0b' : 'fine');
  for (let n = 0; n < 60; n++) await append(log, [sent({ ...snapshot(`m${n}`, 'r1', 'ann', n), content: content(n) })]);
  await follow(
    log,
    olderBuild((id) => id === 'm10'),
  );
  const projection = model.projectionInto(firstSchema);
  const retried = await projection.retry(log, 'room:r1', never);
  expect(retried).toMatchObject({
    outcome: 'still parked',
    events: 30,
    reason: expect.stringContaining('Postgres refused'),
  });
  expect((await rows())['messages']).toHaveLength(40);
  expect(await projection.parked()).toMatchObject([{ fromSequence: 42, cause: 'refused' }]);
  await append(log, [sent(snapshot('later', 'r1', 'ann', 99))]);
  await follow(log);
  expect((await rows())['messages']).toHaveLength(40);
});

test('retried at any time beside a projector that goes on, the rows are as if nothing had been parked', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('r1', 'r2'), { minLength: 20, maxLength: 60 }),
      fc.uniqueArray(fc.nat(19), { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 1, max: 9 }),
      async (rooms, unknown, maxBatch) => {
        const log = memoryEventLog({ roomPartitions: 1 });
        await append(log, [created('r1', 'ann'), created('r2', 'ann')]);
        const messages = rooms.map((room, n) => sent(snapshot(`m${n}`, room, 'ann', n)));
        await append(log, messages.slice(0, 20));
        await emptyRows(opened.database);
        await follow(
          log,
          olderBuild((id) => unknown.some((n) => id === `m${n}`)),
        );

        const projection = model.projectionInto(firstSchema);
        const names = (await projection.parked()).map(({ aggregate }) => aggregate);
        await append(log, messages.slice(20));
        const outcomes = await Promise.all([
          follow(log, projection, maxBatch),
          ...names.map((name) => projection.retry(log, name, never)),
        ]);
        expect(outcomes.slice(1)).toEqual(names.map(() => expect.objectContaining({ outcome: 'unparked' })));
        const repaired = await allRows(opened.database);

        await emptyRows(opened.database);
        await follow(log);
        expect(repaired).toEqual(await allRows(opened.database));
      },
    ),
    { numRuns: 15 },
  );
});
