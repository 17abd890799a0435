import { createTcpProxy, eventually, type FreshServer, freshNats } from '@kuraxx/testing';
import { connect, type NatsConnection } from 'nats';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  announcePresence,
  followRoomSignals,
  followSignedOut,
  publishRoomSignal,
  publishSignedOut,
  type SignedOut,
  watchPresence,
} from './index.ts';

let server: FreshServer;
const open: NatsConnection[] = [];
const mira = { userId: 'u-mira', username: 'mira' };
const tom = { userId: 'u-tom', username: 'tom' };

const connection = async (): Promise<NatsConnection> => {
  const nats = await connect({ servers: server.url, maxReconnectAttempts: -1, reconnectTimeWait: 100 });
  open.push(nats);
  return nats;
};

const watching = async () => {
  const told: string[] = [];
  const watch = watchPresence(await connection(), {
    onOnline: ({ username }) => told.push(`${username} online`),
    onAuthenticated: ({ username }) => told.push(`${username} authenticated`),
    onOffline: ({ username }) => told.push(`${username} offline`),
  });
  return { told, watch };
};

beforeAll(async () => {
  server = await freshNats();
});
beforeEach(async () => {
  await Promise.all(open.splice(0).map((nats) => nats.close()));
});
afterAll(async () => {
  await Promise.all(open.map((nats) => nats.close()));
  await server?.remove();
});

test('signals of a room reach its followers alone, and those of all rooms', async () => {
  const nats = await connection();
  const heard: string[] = [];
  followRoomSignals(nats, 'r-1', ({ roomId }) => heard.push(`one ${roomId}`));
  followRoomSignals(nats, '*', ({ roomId }) => heard.push(`all ${roomId}`));
  publishRoomSignal(nats, { type: 'typing:start', roomId: 'r-2', ...mira });
  publishRoomSignal(nats, { type: 'typing:start', roomId: 'r-1', ...mira });
  await eventually(() => expect(heard.toSorted()).toEqual(['all r-1', 'all r-2', 'one r-1']));
});

test('a sign-out is told, and rubbish on the subject is not', async () => {
  const nats = await connection();
  const heard: SignedOut[] = [];
  followSignedOut(nats, (what) => heard.push(what));
  nats.publish('kuraxx.signal.signed-out', 'rubbish');
  await publishSignedOut(nats, { userId: 'u-1' });
  await publishSignedOut(nats, { userId: 'u-2', sessionIds: ['s-1'] });
  await eventually(() => expect(heard).toEqual([{ userId: 'u-1' }, { userId: 'u-2', sessionIds: ['s-1'] }]));
});

test('a sign-out that could not be told is told once the connection is back', async () => {
  const proxy = await createTcpProxy(server.url);
  const cut = await connect({ servers: proxy.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
  open.push(cut);
  const heard: string[] = [];
  followSignedOut(await connection(), ({ userId }) => heard.push(userId));
  proxy.cut();
  const told = publishSignedOut(cut, { userId: 'u-1' });
  await eventually(() => expect(proxy.connections).toBe(0));
  expect(heard).toEqual([]);
  proxy.resume();
  await told;
  await eventually(() => expect(heard).toContain('u-1'));
  await proxy.close();
});

test('a user is online while any gateway holds a socket, whoever asks when', async () => {
  const one = announcePresence(await connection(), { gatewayId: 'g-1' });
  const two = announcePresence(await connection(), { gatewayId: 'g-2' });
  one.online(mira);
  const { told, watch } = await watching(); // comes late: asks
  await eventually(() => expect(told).toEqual(['mira online']));
  two.online(mira);
  two.authenticated(mira);
  await eventually(() => expect(told).toContain('mira authenticated'));
  one.offline(mira.userId);
  two.online(tom);
  await eventually(() => expect(told).toContain('tom online'));
  expect(watch.isOnline(mira.userId)).toBe(true);
  two.offline(mira.userId);
  await eventually(() => expect(told.at(-1)).toBe('mira offline'));
  await two.close();
  await eventually(() => expect(told.at(-1)).toBe('tom offline'));
  expect(told).toEqual(['mira online', 'mira authenticated', 'tom online', 'mira offline', 'tom offline']);
  await one.close();
  watch.close();
});

test('users of a gateway that stops with time to come back stay online when they do, and only then', async () => {
  const [one, two] = [
    announcePresence(await connection(), { gatewayId: 'g-9' }),
    announcePresence(await connection(), { gatewayId: 'g-10' }),
  ];
  one.online(mira);
  one.online(tom);
  const { told, watch } = await watching();
  await eventually(() => expect(told).toHaveLength(2));
  await one.close({ lingerMs: 500 });
  two.online(mira);
  await eventually(() => expect(told.at(-1)).toBe('tom offline'));
  expect(told).toEqual(['mira online', 'tom online', 'tom offline']);
  expect(watch.isOnline(mira.userId)).toBe(true);
  watch.close();
  await two.close();
});

test('a gateway that dies takes its users offline within 15 s', async () => {
  const nats = await connection();
  announcePresence(nats, { gatewayId: 'g-3' }).online(mira);
  const { told, watch } = await watching();
  await eventually(() => expect(told).toEqual(['mira online']));
  await nats.close();
  await eventually(() => expect(told).toEqual(['mira online', 'mira offline']), { timeoutMs: 15_000 });
  watch.close();
});

test('an outage of NATS takes nobody offline', async () => {
  const announcement = announcePresence(await connection(), { gatewayId: 'g-4' });
  announcement.online(mira);
  const { told, watch } = await watching();
  await eventually(() => expect(told).toEqual(['mira online']));
  await server.kill();
  announcement.online(tom); // lost: the next snapshot tells it
  await server.restart();
  await eventually(() => expect(told).toEqual(['mira online', 'tom online']));
  watch.close();
  await announcement.close();
});

test('a gateway that starts anew under its old name is believed', async () => {
  const nats = await connection();
  const before = announcePresence(nats, { gatewayId: 'g-5' });
  before.online(mira);
  before.online(tom);
  const { told, watch } = await watching();
  await eventually(() => expect(told).toHaveLength(2));
  await nats.close(); // it has died
  const after = announcePresence(await connection(), { gatewayId: 'g-5' });
  after.online(tom);
  await eventually(() => expect(watch.online()).toEqual([tom]));
  expect(told.filter((line) => line === 'mira offline')).toHaveLength(1);
  watch.close();
  await after.close();
});

test('changes that got lost are made up for by a snapshot, also a large one', async () => {
  const crowd = Array.from({ length: 9000 }, (_, index) => ({ userId: `u-${index}`, username: `user${index}` }));
  const nats = await connection();
  const announcement = announcePresence(nats, { gatewayId: 'g-6' });
  const { told, watch } = await watching();
  const publish = nats.publish.bind(nats);
  nats.publish = () => undefined; // what is told now gets lost
  for (const person of crowd) announcement.online(person);
  nats.publish = publish;
  announcement.online(mira);
  await eventually(() => expect(watch.online()).toHaveLength(9001));
  expect(new Set(told).size).toBe(told.length); // each is told once
  watch.close();
  await announcement.close();
});

test('many who ask at once are answered by one snapshot', async () => {
  const nats = await connection();
  const announcement = announcePresence(nats, { gatewayId: 'g-7' });
  announcement.online(mira);
  let snapshots = 0;
  nats.subscribe('kuraxx.presence.snapshot', { callback: () => void snapshots++ });
  await nats.flush();
  const watches = await Promise.all(Array.from({ length: 10 }, watching));
  await eventually(() => expect(watches.every(({ watch }) => watch.isOnline(mira.userId))).toBe(true));
  expect(snapshots).toBeLessThan(10);
  for (const { watch } of watches) watch.close();
  await announcement.close();
});

test('a process that stood still for long does not take everybody for dead', async () => {
  const announcement = announcePresence(await connection(), { gatewayId: 'g-8' });
  announcement.online(mira);
  const { told, watch } = await watching();
  await eventually(() => expect(told).toEqual(['mira online']));
  const until = Date.now() + 11_000;
  while (Date.now() < until) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
  announcement.online(tom);
  await eventually(() => expect(told).toContain('tom online'));
  expect(told).not.toContain('mira offline');
  watch.close();
  await announcement.close();
});
