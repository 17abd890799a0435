import { natsOptions } from '@kuraxx/runtime';
import { type NatsCluster, type NatsUser, natsUsers, startNatsCluster } from '@kuraxx/servers';
import { tempFolder } from '@kuraxx/testing';
import { connect, type NatsConnection, PermissionViolationError } from 'nats';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { natsAccessOf, setUpStreams } from './nats-access.ts';

const startTimeoutMs = 120_000;
let folder: Awaited<ReturnType<typeof tempFolder>>;
let cluster: NatsCluster;
const connections = new Map<NatsUser, NatsConnection>();
const refused = new Map<NatsUser, Set<string>>();

const connectAs = async (user: NatsUser): Promise<NatsConnection> => {
  const connection = await connect(natsOptions(natsAccessOf(cluster, user), user === 'bridge' ? 'redis-bridge' : user));
  const subjects = new Set<string>();
  refused.set(user, subjects);
  const watch = async (): Promise<void> => {
    for await (const status of connection.status()) {
      if (status.type !== 'error' || !(status.error instanceof PermissionViolationError)) continue;
      subjects.add(`${status.error.operation} ${status.error.subject}`);
    }
  };
  void watch();
  return connection;
};

beforeAll(async () => {
  folder = await tempFolder('nats-access');
  cluster = await startNatsCluster({ dataDir: folder.path });
  await setUpStreams(cluster, { partitions: 2, replicas: 3, signal: new AbortController().signal });
  for (const user of natsUsers) connections.set(user, await connectAs(user));
}, startTimeoutMs);
afterAll(async () => {
  for (const connection of connections.values()) await connection.close();
  await cluster?.stop();
  await folder?.remove();
});

/** Whether the server lets the user do it: what it refuses it says before it answers the PING behind it. */
const mayDo = async (user: NatsUser, operation: 'publish' | 'subscription', subject: string): Promise<boolean> => {
  const connection = connections.get(user);
  if (connection === undefined) throw new Error(`${user} is not connected`);
  if (operation === 'publish') connection.publish(subject, new Uint8Array());
  else connection.subscribe(subject, { callback: () => undefined }).unsubscribe();
  await connection.flush();
  await connection.flush();
  return !refused.get(user)?.has(`${operation} ${subject}`);
};

const services = ['api', 'gateway', 'projector', 'bridge'] as const;
const message = 'kuraxx.room.0.some-room.msg';
const read = '$JS.API.CONSUMER.CREATE.KURAXX_ROOMS_0.some.kuraxx.room.0.>';

test.each(services)('%s may read the log and hear its own answers', async (user) => {
  const service = user === 'bridge' ? 'redis-bridge' : user;
  expect(await mayDo(user, 'publish', read)).toBe(true);
  expect(await mayDo(user, 'publish', '$JS.API.STREAM.INFO.KURAXX_ACCOUNTS')).toBe(true);
  expect(await mayDo(user, 'subscription', `_INBOX_${service}.>`)).toBe(true);
});

test.each(services)('%s may hear nobody else’s answers, forge no live events, and touch no stream', async (user) => {
  for (const other of ['api', 'gateway', 'projector', 'redis-bridge', 'cli']) {
    const own = other === (user === 'bridge' ? 'redis-bridge' : user);
    if (!own) expect(await mayDo(user, 'subscription', `_INBOX_${other}.>`), other).toBe(false);
  }
  for (const subject of ['_INBOX.>', '>', '$JS.>', '$KV.>']) {
    expect(await mayDo(user, 'subscription', subject), subject).toBe(false);
  }
  for (const subject of [
    'kuraxx.live.room.0.some-room.msg',
    '$JS.API.STREAM.CREATE.KURAXX_ROOMS_0',
    '$JS.API.STREAM.CREATE.MINE',
    '$JS.API.STREAM.UPDATE.KURAXX_ROOMS_0',
    '$JS.API.STREAM.DELETE.KURAXX_ROOMS_0',
    '$JS.API.STREAM.PURGE.KURAXX_ROOMS_0',
    '$JS.API.STREAM.MSG.DELETE.KURAXX_ROOMS_0',
    '$JS.API.CONSUMER.DURABLE.CREATE.KURAXX_ROOMS_0.mine',
    '$SYS.REQ.SERVER.PING',
  ]) {
    expect(await mayDo(user, 'publish', subject), subject).toBe(false);
  }
});

test.each([
  ['api', message, true],
  ['api', 'kuraxx.room.0.some-room.meta', true],
  ['api', 'kuraxx.account.some-user', true],
  ['api', 'kuraxx.account.some-user.file.some-file', true],
  ['api', 'kuraxx.checkpoint.0', false],
  ['api', 'kuraxx.presence.change', false],
  ['gateway', message, true],
  ['gateway', 'kuraxx.room.0.some-room.meta', false],
  ['gateway', 'kuraxx.room.0.some-room.edit', false],
  ['gateway', 'kuraxx.account.some-user', false],
  ['gateway', 'kuraxx.checkpoint.0', false],
  ['gateway', 'kuraxx.signal.signed-out', false],
  ['projector', message, false],
  ['projector', 'kuraxx.account.some-user', false],
  ['projector', 'kuraxx.checkpoint.0', true],
  ['projector', '$KV.KURAXX_BRIDGE.lease', false],
  ['bridge', message, false],
  ['bridge', 'kuraxx.account.some-user', false],
  ['bridge', 'kuraxx.checkpoint.0', false],
  ['bridge', '$KV.KURAXX_BRIDGE.lease', true],
  ['api', '$KV.KURAXX_SNAPSHOTS.room.some-room', true],
  ['gateway', '$KV.KURAXX_SNAPSHOTS.room.some-room', true],
  ['projector', '$KV.KURAXX_SNAPSHOTS.room.some-room', false],
  ['bridge', '$KV.KURAXX_SNAPSHOTS.room.some-room', false],
] as const)('%s publishing to %s: %s', async (user, subject, allowed) => {
  expect(await mayDo(user, 'publish', subject)).toBe(allowed);
});

const secrets = ['NAMES', 'CREDENTIALS', 'SESSIONS', 'PASSCODES', 'UNFINISHED'];
const waysToRead = (name: string): string[] => {
  const stream = `KV_KURAXX_${name}`;
  return [
    `$JS.API.DIRECT.GET.${stream}`,
    `$JS.API.DIRECT.GET.${stream}.$KV.KURAXX_${name}.key`,
    `$JS.API.STREAM.MSG.GET.${stream}`,
    `$JS.API.CONSUMER.CREATE.${stream}`,
    `$JS.API.CONSUMER.CREATE.${stream}.mine`,
    `$JS.API.CONSUMER.CREATE.${stream}.mine.$KV.KURAXX_${name}.>`,
    `$JS.API.CONSUMER.MSG.NEXT.${stream}.mine`,
  ];
};
const readersOf = (name: string): readonly NatsUser[] => (name === 'SESSIONS' ? ['api', 'gateway'] : ['api']);

test.each(secrets)('%s: who may not read them has no way to, and only the api writes', async (name) => {
  for (const user of services) {
    const isReader = readersOf(name).includes(user);
    for (const subject of waysToRead(name)) {
      expect(await mayDo(user, 'publish', subject), `${user} ${subject}`).toBe(isReader);
    }
    expect(await mayDo(user, 'publish', `$KV.KURAXX_${name}.key`), user).toBe(user === 'api');
    expect(await mayDo(user, 'publish', `$JS.API.STREAM.PURGE.KV_KURAXX_${name}`), user).toBe(user === 'api');
  }
});

test('the operators’ user may all of it, and the system’s user nothing of it', async () => {
  for (const subject of ['$JS.API.STREAM.INFO.KURAXX_ROOMS_0', message]) {
    expect(await mayDo('cli', 'publish', subject)).toBe(true);
  }
  await expect(connections.get('sys')?.request('$JS.API.STREAM.INFO.KURAXX_ROOMS_0')).rejects.toThrow();
});

test('setting up streams can be given up, and says what was wrong', async () => {
  const counts = { partitions: 2, replicas: 3 };
  const aborted = setUpStreams(cluster, { ...counts, signal: AbortSignal.abort() });
  await expect(aborted).rejects.toThrow('kuraxx streams create was stopped');
  const { signal } = new AbortController();
  await expect(setUpStreams(cluster, { ...counts, partitions: 0, signal })).rejects.toThrow(
    /kuraxx streams create failed: [\s\S]*partitions/,
  );
});

test('nobody gets in without a password, or without trusting the certificate', async () => {
  const [url = ''] = cluster.url.split(',');
  const tls = { caFile: cluster.caFile };
  await expect(connect({ servers: url, tls, maxReconnectAttempts: 0 })).rejects.toThrow(/authorization/i);
  await expect(connect({ servers: url, tls, user: 'api', pass: 'guess' })).rejects.toThrow(/authorization/i);
  await expect(connect({ servers: url, user: 'api', pass: cluster.passwordOf('api') })).rejects.toThrow();
});
