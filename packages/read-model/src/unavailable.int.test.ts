import { eventually, type FreshServer, freshPostgres } from '@kuraxx/testing';
import { type RawBuilder, sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openConnections } from './database.ts';
import { ReadModelUnavailable } from './errors.ts';
import { migrateReadModel } from './migrate.ts';
import { openReadModel, type ReadModel } from './read-model.ts';
import { firstSchema, tables } from './schema.ts';

let server: FreshServer;
let model: ReadModel;
beforeAll(async () => {
  server = await freshPostgres();
  model = await openReadModel({ databaseUrl: server.url });
});
afterAll(async () => {
  await model.close();
  await server.remove();
});

test('a database that is not migrated yet is not available, and is once migrated', async () => {
  await expect(model.queries.stats()).rejects.toThrow(ReadModelUnavailable);
  await migrateReadModel(server.url);
  expect(await model.queries.stats()).toMatchObject({ totalUsers: 0 });
});

test('a migration does not stand in the way of those who come behind it, and is made when its tables are free', async () => {
  const connections = await openConnections(server.url);
  const database = connections.in(firstSchema);
  const run = (statement: RawBuilder<unknown>) => database.run('prepare', (db) => statement.execute(db));
  await run(sql`delete from ${sql.table(`${firstSchema}.migrations`)} where name = 'rooms_in_place'`);
  await run(sql`create index rooms_active on ${tables.rooms} (last_message_at)`);
  await database.transaction('read for long', async (db) => {
    await sql`select count(*) from ${tables.rooms}`.execute(db); // as a backup holds it
    await expect(migrateReadModel(server.url)).rejects.toThrow(ReadModelUnavailable);
    expect(await model.queries.stats()).toMatchObject({ totalRooms: 0 });
  });
  await migrateReadModel(server.url);
  const index = await run(
    sql`select 1 from pg_indexes where schemaname = ${firstSchema} and indexname = 'rooms_active'`,
  );
  expect(index).toMatchObject({ rows: [] });
  await connections.close();
});

test('while Postgres is away calls fail fast, and work by themselves when it is back', async () => {
  const lock = await model.projectionInto(firstSchema).tryLock(0);
  await server.stop();
  const began = Date.now();
  await expect(model.queries.findUser('ann')).rejects.toThrow(ReadModelUnavailable);
  await expect(model.queries.roomsOf(['ann'])).rejects.toThrow(ReadModelUnavailable);
  await expect(model.projectionInto(firstSchema).apply(0, 'e', [], 1)).rejects.toThrow(ReadModelUnavailable);
  await expect(model.projectionInto(firstSchema).tryLock(1)).rejects.toThrow(ReadModelUnavailable);
  await expect(migrateReadModel(server.url)).rejects.toThrow(ReadModelUnavailable);
  expect(Date.now() - began).toBeLessThan(4000);
  await eventually(() => lock?.lost.aborted === true);
  await server.restart();
  await eventually(() => model.queries.findUser('ann'));
  expect(await model.projectionInto(firstSchema).apply(0, 'e', [], 1)).toMatchObject({ sequence: 1 });
});

test('a lock is held once, by one session, and is free again when released or when its process closes', async () => {
  const other = await openReadModel({ databaseUrl: server.url });
  const lock = await model.projectionInto(firstSchema).tryLock(5);
  expect(await model.projectionInto(firstSchema).tryLock(5)).toBeUndefined();
  expect(await other.projectionInto(firstSchema).tryLock(5)).toBeUndefined();
  await lock?.release();
  const theirs = await other.projectionInto(firstSchema).tryLock(5);
  expect(theirs?.lost.aborted).toBe(false);
  await other.close();
  await eventually(async () => (await model.projectionInto(firstSchema).tryLock(5)) !== undefined);
});

test('a Postgres that waits for its sessions to end is not held up by ours, though nothing goes on', async () => {
  const own = await freshPostgres();
  try {
    await migrateReadModel(own.url);
    const idle = await openReadModel({ databaseUrl: own.url, lifetimeSeconds: 1 });
    const lock = await idle.projectionInto(firstSchema).tryLock(0);
    if (own.pid !== undefined) process.kill(own.pid, 'SIGTERM');
    await eventually(() => expect(own.pid).toBeUndefined(), { timeoutMs: 60_000 });
    expect(lock?.lost.aborted).toBe(true);
    await own.restart();
    await eventually(() => idle.projectionInto(firstSchema).tryLock(0));
    await idle.close();
  } finally {
    await own.remove();
  }
});
