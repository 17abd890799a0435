import { randomUUID } from 'node:crypto';
import { openEventLog } from '@kuraxx/event-store';
import { migrateReadModel } from '@kuraxx/read-model';
import { type FreshDatabase, type FreshServer, freshDatabase, freshNats } from '@kuraxx/testing';
import { connect, type NatsConnection } from 'nats';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cli } from '../../cli.fixture.ts';
import { exitCodes } from '../../frame/exit-codes.ts';

// No projector runs here: the switch under reads and writes is tested beside it. Here it is about the commands.

const users = 50;
let server: FreshServer;
let database: FreshDatabase;
let nats: NatsConnection;
let log: Awaited<ReturnType<typeof openEventLog>>;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  [server, database] = await Promise.all([freshNats(), freshDatabase()]);
  env = { NATS_URL: server.url, DATABASE_URL: database.url };
  nats = await connect({ servers: server.url });
  log = await openEventLog({ nats, roomPartitions: 2, source: 'kuraxx/test' });
  await migrateReadModel(database.url);
  for (let n = 0; n < users; n++) {
    const userId = randomUUID();
    const data = { userId, username: `user${n}`, displayName: 'Mira', at: '2031-02-03T04:05:06.789Z' };
    await log.append({ kind: 'account', userId }, { type: 'UserRegistered', data });
  }
});
afterAll(async () => {
  await log.close();
  await nats.close();
  await database.drop();
  await server.remove();
});

const projections = (...args: string[]) => cli(env, 'projections', ...args);

test('status shows every read model and what nobody works on, with 3', async () => {
  const { code, stderr, json } = await projections('status', '--json').then((run) => ({ ...run, json: run.json() }));
  expect(code).toBe(exitCodes.unsound.code);
  expect(stderr).toContain('no projector works on partition accounts');
  expect(json).toMatchObject({
    serving: { schema: 'read_1' },
    models: [
      { schema: 'read_1', serves: true, partitions: [{ partition: 'accounts', head: users, lag: users }, {}, {}] },
    ],
  });
  expect((await projections('status')).stdout).toContain('read_1 serves');
});

test('a read model is built, switched to, compared and dropped from the command line', async () => {
  const built = await projections('rebuild', '--no-compare', '--no-switch', '--json');
  expect({ code: built.code, last: built.lines().at(-1) }).toMatchObject({
    code: 0,
    last: { outcome: 'rebuilt', schema: 'read_2', resumed: false },
  });
  const again = await projections('rebuild');
  expect(again.code).toBe(exitCodes.refused.code);
  expect(again.stderr).toContain('does not serve yet');

  const switched = await projections('switch', 'read_2', '--json');
  expect({ code: switched.code, json: switched.json() }).toMatchObject({
    code: 0,
    json: { schema: 'read_2', previous: 'read_1' },
  });
  expect(switched.stderr).toContain('is a projector running?');
  const compared = await projections('verify', '--json');
  expect({ code: compared.code, json: compared.json() }).toMatchObject({ code: 0, json: { equal: true } });
  expect((await projections('verify')).stdout).toMatch(/^users +50 +50 .*same$/m);

  expect((await projections('drop', 'read_2')).code).toBe(exitCodes.refused.code);
  expect((await projections('drop', 'read_1', '--json')).json()).toEqual({ dropped: 'read_1' });
  expect((await projections('rollback')).code).toBe(exitCodes.refused.code);
});

test('retry names what it can not do', async () => {
  expect((await projections('retry')).code).toBe(exitCodes.usage.code);
  expect((await projections('retry', 'room:nowhere')).code).toBe(exitCodes.refused.code);
  expect((await projections('retry', '--all')).stderr).toContain('Nothing is parked');
});
