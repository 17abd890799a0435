import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Position, Serving } from '@kuraxx/event-store';
import { type RunningServer, startPostgresReplica } from '@kuraxx/servers';
import { eventually, type FreshServer, freshPostgres } from '@kuraxx/testing';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Connections, openConnections } from './database.ts';
import { epoch, registered, stored } from './events.fixture.ts';
import { migrateReadModel } from './migrate.ts';
import { openReadModel, type ReadModel } from './read-model.ts';
import { firstSchema, tables } from './schema.ts';

const timeoutMs = 120_000;
/** A replica that was late or away is asked again after 2 s. */
const againMs = 20_000;

let primary: FreshServer;
let replica: RunningServer;
let model: ReadModel;
let onPrimary: Connections;
let onReplica: Connections;
const serving: Serving = { schema: firstSchema, generation: 1 };

beforeAll(async () => {
  primary = await freshPostgres();
  await migrateReadModel(primary.url);
  replica = await startPostgresReplica(primary, {
    dataDir: join(dirname(primary.dataDir), 'replica'),
    durable: false,
  });
  model = await openReadModel({ databaseUrl: primary.url, replicaUrls: [replica.url], serving: () => serving });
  onPrimary = await openConnections(primary.url, { poolSize: 1 });
  onReplica = await openConnections(replica.url, { poolSize: 1 });
}, timeoutMs);
afterAll(async () => {
  await Promise.all([model?.close(), onPrimary?.close(), onReplica?.close()]);
  await replica?.stop();
  if (replica !== undefined) await rm(replica.dataDir, { recursive: true, force: true });
  await primary?.remove();
});

let sequence = 0;
const positionNow = (): readonly Position[] => [{ epoch, partition: 'accounts', sequence }];
/** Projects one more account. @returns its id */
const register = async (username: string): Promise<string> => {
  const userId = randomUUID();
  sequence += 1;
  const events = [stored(registered(userId, username), sequence, 'accounts')];
  await model.projectionInto(firstSchema).apply('accounts', epoch, events, sequence);
  return userId;
};
/** Changes a row of the primary without an event: until that is replicated, what is read tells who was asked. */
const rename = (userId: string, username: string): Promise<unknown> =>
  onPrimary
    .in(firstSchema)
    .run('rename', (db) => sql`update ${tables.users} set username = ${username} where id = ${userId}`.execute(db));
const replay = (what: 'pause' | 'resume'): Promise<unknown> =>
  onReplica.in(firstSchema).run(what, (db) => sql.raw(`select pg_wal_replay_${what}()`).execute(db));
const nameOf = async (userId: string): Promise<string | undefined> =>
  (await (await model.queriesAt(positionNow())).findUser(userId))?.username;

/** An account that the replica has, named `replica` there and `primary` on the primary, while replication stands still. */
const tellApart = async (): Promise<string> => {
  const userId = await register('replica');
  await eventually(
    async () => {
      const found = await onReplica
        .in(firstSchema)
        .run('look', (db) => sql`select 1 from ${tables.users} where id = ${userId}`.execute(db));
      expect(found.rows).toHaveLength(1);
    },
    { timeoutMs: againMs },
  );
  await replay('pause');
  await rename(userId, 'primary');
  return userId;
};

test('a replica that is as far as was announced is asked', { timeout: timeoutMs }, async () => {
  const userId = await tellApart();
  await eventually(async () => expect(await nameOf(userId)).toBe('replica'), { timeoutMs: againMs });
  await replay('resume');
});

test('what a lagging replica does not have yet the primary shows, and the replica is asked again when it has', {
  timeout: timeoutMs,
}, async () => {
  const known = await tellApart();
  const written = await register('just written');
  expect(await nameOf(written)).toBe('just written');
  expect(await nameOf(known)).toBe('primary');
  await replay('resume');
  const later = await tellApart();
  await eventually(async () => expect(await nameOf(later)).toBe('replica'), { timeoutMs: againMs });
  await replay('resume');
});

test('whoever does not know how far the projection is reads from the primary', { timeout: timeoutMs }, async () => {
  const userId = await tellApart();
  const queries = await model.queriesAt(undefined);
  expect((await queries.findUser(userId))?.username).toBe('primary');
  await replay('resume');
});

test('a position of another log is on no replica', { timeout: timeoutMs }, async () => {
  const userId = await tellApart();
  const queries = await model.queriesAt([{ epoch: 'another', partition: 'accounts', sequence: 1 }]);
  expect((await queries.findUser(userId))?.username).toBe('primary');
  await replay('resume');
});

test('when a replica goes away, what was about to be asked there is answered by the primary, and so is all else', {
  timeout: timeoutMs,
}, async () => {
  const userId = await register('somebody');
  const queries = await eventually(async () => model.queriesAt(positionNow()), { timeoutMs: againMs });
  await replica.kill();
  expect((await queries.findUser(userId))?.username).toBe('somebody');
  expect(await nameOf(userId)).toBe('somebody');
  await replica.restart();
  const later = await tellApart();
  await eventually(async () => expect(await nameOf(later)).toBe('replica'), { timeoutMs: againMs });
  await replay('resume');
});
