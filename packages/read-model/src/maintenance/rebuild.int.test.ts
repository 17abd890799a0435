import { type EventLog, memoryEventLog } from '@kuraxx/event-store';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { created, registered, sent, snapshot, subjectOf } from '../events.fixture.ts';
import { followPartition } from '../projection/follow-partition.ts';
import { openReadModel, type ReadModel } from '../read-model.ts';
import { openTestDatabase, type TestDatabase } from '../rows.fixture.ts';
import { firstSchema } from '../schema.ts';
import { type Maintenance, openMaintenance } from './open-maintenance.ts';

const never = new AbortController().signal;
const messages = 3000;
let opened: TestDatabase;
let model: ReadModel;
let log: EventLog;
let maintenance: Maintenance;

/** What a projector does, up to now. */
const follow = async (schema: string) => {
  for (const partition of log.partitions) {
    const upTo = await log.head(partition);
    await followPartition(partition, {
      log,
      projection: model.projectionInto(schema),
      lock: { lost: never },
      signal: never,
      upTo,
    });
  }
};
const say = (n: number) => {
  const event = sent(snapshot(`m${n}`, n % 2 === 0 ? 'r1' : 'r2', 'ann', n));
  return log.append(subjectOf(event), event);
};
beforeAll(async () => {
  opened = await openTestDatabase();
  model = await openReadModel({ databaseUrl: opened.url });
  log = memoryEventLog({ roomPartitions: 2 });
  maintenance = await openMaintenance(opened.url, log);
  for (const event of [registered('ann'), created('r1', 'ann'), created('r2', 'ann')]) {
    await log.append(subjectOf(event), event);
  }
  for (let n = 0; n < messages; n++) await say(n);
  await follow(firstSchema);
});
afterAll(async () => {
  await maintenance.close();
  await model.close();
  await opened.close();
});

const stateOf = async (schema: string) => (await maintenance.status()).models.find((one) => one.schema === schema);

test('broken off at any point it leaves the serving one alone and goes on from there; two at once are refused', async () => {
  const gate = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const slow: EventLog = {
    ...log,
    head: async (partition) => {
      begun.resolve();
      await gate.promise;
      return log.head(partition);
    },
  };
  const [first, second] = [await openMaintenance(opened.url, slow), await openMaintenance(opened.url, log)];
  const stop = new AbortController();
  const broken = first.rebuild({ signal: stop.signal, onProgress: () => stop.abort() });
  await begun.promise;
  await expect(second.rebuild({ signal: never })).rejects.toThrow('somebody else works on the read models');
  gate.resolve();
  await expect(broken).rejects.toThrow();
  await first.close();
  expect(await stateOf('read_2')).toMatchObject({ state: 'building', serves: false });
  expect(await stateOf(firstSchema)).toMatchObject({ serves: true });
  await expect(second.switchTo('read_2')).rejects.toThrow('is not complete');
  const done = (await stateOf('read_2'))?.partitions.reduce((sum, { checkpoint }) => sum + checkpoint, 0) ?? 0;
  expect(done).toBeGreaterThan(0);

  let events = 0;
  const rebuilt = await second.rebuild({
    signal: never,
    switchOver: false,
    onProgress: (one) => void (events += one.events),
  });
  expect(rebuilt).toMatchObject({ schema: 'read_2', resumed: true, comparison: { equal: true }, switched: undefined });
  expect(events).toBe(messages + 3 - done);
  expect(rebuilt.comparison?.tables.find(({ table }) => table === 'messages')?.other?.rows).toBe(messages);
  await expect(second.rebuild({ signal: never })).rejects.toThrow('does not serve yet');
  await second.close();
});

test('what is behind is not switched to, and what serves is not dropped', async () => {
  await say(messages);
  await follow(firstSchema);
  await expect(maintenance.switchTo('read_2')).rejects.toThrow('is behind');
  await expect(maintenance.drop(firstSchema, never)).rejects.toThrow('serves');
  await follow('read_2');
  expect(await maintenance.switchTo('read_2')).toMatchObject({ schema: 'read_2', previous: firstSchema });
  expect(await maintenance.rollback()).toMatchObject({ schema: firstSchema, previous: 'read_2' });
  await maintenance.drop('read_2', never);
  await expect(maintenance.rollback()).rejects.toThrow('none to go back to');
});

test('a difference is found, and nothing is switched', async () => {
  await opened.database.run('spoil', (db) =>
    sql`update read_1.messages set content = 'not what was said' where id = 'm7'`.execute(db),
  );
  const { comparison, switched } = await maintenance.rebuild({ signal: never });
  const different = comparison?.tables.filter(({ equal }) => !equal).map(({ table }) => table);
  expect({ different, switched }).toEqual({ different: ['messages'], switched: undefined });
  expect(await stateOf(firstSchema)).toMatchObject({ serves: true });
  expect(await maintenance.verify('read_2', { signal: never })).toMatchObject({ equal: false });
  expect(await stateOf('read_2')).toMatchObject({ state: 'following' });
});

test('what was built from events that the log has lost is replaced without being compared with', async () => {
  await maintenance.drop('read_2', never);
  await model.projectionInto(firstSchema).apply(0, log.epochOf(0), [], 1_000_000); // the log was once so long
  const { schema, comparison } = await maintenance.rebuild({ signal: never, switchOver: false });
  expect({ schema, comparison }).toEqual({ schema: 'read_2', comparison: undefined });
  expect(await stateOf('read_2')).toMatchObject({ state: 'following' });
  await expect(maintenance.verify('read_2', { signal: never })).rejects.toThrow('there is nothing to compare with');
  expect(await maintenance.switchTo('read_2')).toMatchObject({ schema: 'read_2', previous: firstSchema });
});
