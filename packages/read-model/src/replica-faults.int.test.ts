import { randomUUID } from 'node:crypto';
import type { Position, Serving } from '@kuraxx/event-store';
import { createTcpProxy, eventually, type FreshDatabase, freshDatabase, type TcpProxy } from '@kuraxx/testing';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type Connections, openConnections } from './database.ts';
import { ReadModelUnavailable } from './errors.ts';
import { epoch, registered, stored } from './events.fixture.ts';
import { migrateReadModel } from './migrate.ts';
import { openReadModel, type ReadModel } from './read-model.ts';
import { firstSchema, tables } from './schema.ts';

/** The replica here is a database of its own: what it has, and how it answers, is up to the test. */
let databases: readonly FreshDatabase[];
let proxy: TcpProxy;
let model: ReadModel;
let copy: ReadModel;
let onCopy: Connections;
const serving: Serving = { schema: firstSchema, generation: 1 };
const statementTimeoutMs = 500;
/** A replica that was late or away is asked again after 2 s: not sooner than this, and well before that. */
const againMinMs = 1500;
const againMs = 20_000;

beforeAll(async () => {
  const [primary, replica] = await Promise.all([freshDatabase(), freshDatabase()]);
  databases = [primary, replica];
  await Promise.all([migrateReadModel(primary.url), migrateReadModel(replica.url)]);
  proxy = await createTcpProxy(replica.url);
  const options = { statementTimeoutMs, serving: () => serving };
  model = await openReadModel({ databaseUrl: primary.url, replicaUrls: [proxy.url], ...options });
  copy = await openReadModel({ databaseUrl: replica.url });
  onCopy = await openConnections(replica.url, { poolSize: 1 });
});
afterAll(async () => {
  await Promise.all([model?.close(), copy?.close(), onCopy?.close()]);
  await proxy?.close();
  await Promise.all(databases.map((database) => database.drop()));
});

let sequence = 0;
const positionNow = (): readonly Position[] => [{ epoch, partition: 'accounts', sequence }];
/** An account that both have, named after the one that is asked. @returns its id */
const register = async (): Promise<string> => {
  const userId = randomUUID();
  sequence += 1;
  const apply = (where: ReadModel, name: string) =>
    where
      .projectionInto(firstSchema)
      .apply('accounts', epoch, [stored(registered(userId, name), sequence, 'accounts')], sequence);
  await Promise.all([apply(model, 'primary'), apply(copy, 'replica')]);
  return userId;
};
const nameOf = async (userId: string): Promise<string | undefined> =>
  (await (await model.queriesAt(positionNow())).findUser(userId))?.username;
const isAskedAt = (userId: string, name: string, timeoutMs = againMs): Promise<void> =>
  eventually(async () => expect(await nameOf(userId)).toBe(name), { timeoutMs });

test('a replica that does not answer holds nobody up until it is given up', async () => {
  const userId = await register();
  await isAskedAt(userId, 'replica');
  const over: string[] = [];
  const note = (what: string) => (): void => void over.push(what);
  const direct = await openConnections(proxy.url, { poolSize: 1, statementTimeoutMs });
  const ask = () => direct.in(firstSchema).run('ask', (db) => sql`select 1`.execute(db));
  await ask();
  proxy.pause();
  onTestFinished(() => proxy.resume());
  const asked = ask().then(note('an answer'), note('given up'));
  await register();
  const queries = await model.queriesAt(positionNow());
  note('queries')();
  expect((await queries.findUser(userId))?.username).toBe('primary');
  await asked;
  expect(over).toEqual(['queries', 'given up']);
  proxy.resume();
  await direct.close();
  await isAskedAt(userId, 'replica');
});

test('a query that takes too long on a replica is given up: the primary is not asked too, and the replica goes on', async () => {
  const userId = await register();
  await isAskedAt(userId, 'replica');
  await onCopy.in(firstSchema).transaction('hold the table', async (db) => {
    await sql`lock table ${tables.users} in access exclusive mode`.execute(db);
    await expect(nameOf(userId)).rejects.toThrow(ReadModelUnavailable);
  });
  await isAskedAt(userId, 'replica', againMinMs);
});

test('how far a replica is is not believed for long: another server may be behind its address', async () => {
  const userId = await register();
  await isAskedAt(userId, 'replica');
  const behind = sql`update ${tables.checkpoints} set sequence = sequence - 1`;
  await onCopy.in(firstSchema).run('fall behind', (db) => behind.execute(db));
  await isAskedAt(userId, 'primary');
});
