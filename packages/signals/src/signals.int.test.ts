import { eventually, type FreshServer, freshNats } from '@kuraxx/testing';
import { connect, type NatsConnection } from 'nats';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  announcePresence,
  followRoomSignals,
  followSignedOut,
  publishRoomSignal,
  publishSignedOut,
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
  await eventually(() => expect(heard.toSorted()).toEqual(['all r-1', 'all r-2', 'one r-1']), { timeoutMs: 3000 });
});

test('a sign-out is told, and rubbish on the subject is not', async () => {
  const nats = await connection();
  const heard: string[] = [];
  followSignedOut(nats, (userId) => heard.push(userId));
  nats.publish('kuraxx.signal.signed-out', 'rubbish');
  publishSignedOut(nats, 'u-1');
  await eventually(() => expect(heard).toEqual(['u-1']), { timeoutMs: 3000 });
});

test('a user is online while any gateway holds a socket, whoever asks when', async () => {
  const one = announcePresence(await connection(), { gatewayId: 'g-1' });
  const two = announcePresence(await connection(), { gatewayId: 'g-2' });
  one.online(mira);
  const { told, watch } = await watching(); // comes late: asks
  await eventually(() => expect(told).toEqual(['mira online']), { timeoutMs: 3000 });
  two.online(mira);
  two.authenticated(mira);
  await eventually(() => expect(told).toContain('mira authenticated'), { timeoutMs: 3000 });
  one.offline(mira.userId);
  two.online(tom);
  await eventually(() => expect(told).toContain('tom online'), { timeoutMs: 3000 });
  expect(watch.isOnline(mira.userId)).toBe(true);
  two.offline(mira.userId);
  await eventually(() => expect(told.at(-1)).toBe('mira offline'), { timeoutMs: 3000 });
  await two.close();
  await eventually(() => expect(told.at(-1)).toBe('tom offline'), { timeoutMs: 3000 });
  expect(told).toEqual(['mira online', 'mira authenticated', 'tom online', 'mira offline', 'tom offline']);
  await one.close();
  watch.close();
});

test('a gateway that dies takes its users offline within 15 s', async () => {
  const nats = await connection();
  announcePresence(nats, { gatewayId: 'g-3' }).online(mira);
  const { told, watch } = await watching();
  await eventually(() => expect(told).toEqual(['mira online']), { timeoutMs: 3000 });
  await nats.close();
  await eventually(() => expect(told).toEqual(['mira online', 'mira offline']), { timeoutMs: 15_000 });
  watch.close();
});

test('an outage of NATS takes nobody offline', async () => {
  const announcement = announcePresence(await connection(), { gatewayId: 'g-4' });
  announcement.online(mira);
  const { told, watch } = await watching();
  await eventually(() => expect(told).toEqual(['mira online']), { timeoutMs: 3000 });
  await server.kill();
  announcement.online(tom); // lost: the next snapshot tells it
  await server.restart();
  await eventually(() => expect(told).toEqual(['mira online', 'tom online']), { timeoutMs: 10_000 });
  watch.close();
  await announcement.close();
});
