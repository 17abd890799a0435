import { randomUUID } from 'node:crypto';
import { type RedisChannel, redisChannels, redisEnvelope } from '@kuraxx/contracts';
import { newMessage } from '@kuraxx/domain';
import { type EventLog, openEventLog } from '@kuraxx/event-store';
import { announcePresence, publishRoomSignal } from '@kuraxx/signals';
import { eventually, type FreshServer, freshNats, freshRedis } from '@kuraxx/testing';
import { Redis } from 'ioredis';
import { connect, type NatsConnection } from 'nats';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createBridge } from './bridge.ts';

const logger = pino({ level: 'silent' });
const sender = {
  id: randomUUID(),
  username: 'mira',
  displayName: 'Mira',
  avatarUrl: null,
  isOnline: true,
  lastSeenAt: null,
};
let natsServer: FreshServer;
let redisServer: FreshServer;
let nats: NatsConnection;
let log: EventLog & { close(): Promise<void> };
let bridge: Awaited<ReturnType<typeof start>>;
let consumer: Redis;
const heard: { channel: string; text: string }[] = [];

const start = () => createBridge({ nats, log, redisUrl: redisServer.url, replicas: 1, logger });

const subscribe = async (): Promise<void> => {
  consumer = new Redis(redisServer.url);
  consumer.on('error', () => undefined); // it comes back by itself
  consumer.on('message', (channel, text) => heard.push({ channel, text }));
  await consumer.subscribe(...Object.keys(redisChannels));
};

beforeAll(async () => {
  [natsServer, redisServer] = await Promise.all([freshNats(), freshRedis()]);
  nats = await connect({ servers: natsServer.url });
  log = await openEventLog({ nats, source: 'kuraxx/test' });
  await subscribe();
  bridge = await start();
});
afterAll(async () => {
  await bridge?.stop();
  consumer?.disconnect();
  await log?.close();
  await nats?.close();
  await Promise.all([natsServer?.remove(), redisServer?.remove()]);
});

const messageIn = (roomId: string, content: string) =>
  newMessage({
    messageId: randomUUID(),
    roomId,
    content,
    type: 'TEXT',
    sender,
    replyTo: null,
    at: new Date().toISOString(),
  });

const sendTo = (roomId: string, content: string, via?: 'ws') =>
  log.append(
    { kind: 'room', roomId, aspect: 'msg' },
    { type: 'MessageSent', data: { message: messageIn(roomId, content), tempId: content } },
    via === undefined ? {} : { via },
  );

const of = (roomId: string) => heard.filter(({ text }) => text.includes(roomId));
const contentsOf = (roomId: string) =>
  of(roomId).flatMap(({ channel, text }) =>
    channel === 'messages:saved' ? [redisEnvelope('messages:saved').parse(JSON.parse(text)).data.message.content] : [],
  );

test('a message by WebSocket is announced, then saved; each fits the contract', async () => {
  const roomId = randomUUID();
  await sendTo(roomId, 'by ws', 'ws');
  await sendTo(roomId, 'by rest');
  await eventually(() => expect(of(roomId)).toHaveLength(3), { timeoutMs: 5000 });
  const channels = of(roomId).map(({ channel }) => channel);
  expect(channels).toEqual(['messages:new', 'messages:saved', 'messages:saved']);
  const fits = (channel: RedisChannel, text: string) =>
    redisEnvelope(channel).strict().safeParse(JSON.parse(text)).success;
  expect(of(roomId).every(({ text }, index) => fits(index === 0 ? 'messages:new' : 'messages:saved', text))).toBe(true);
});

test('joining is the SYSTEM message, then room:join; a removal is room:leave', async () => {
  const roomId = randomUUID();
  const meta = { kind: 'room', roomId, aspect: 'meta' } as const;
  const at = new Date().toISOString();
  const person = { userId: sender.id, username: 'mira' };
  const message = messageIn(roomId, 'Mira joined the room');
  const joined = { roomId, membershipId: randomUUID(), ...person, displayName: 'Mira', message, at };
  await log.append(meta, { type: 'MemberJoined', data: joined });
  await log.append(meta, { type: 'MemberRemoved', data: { roomId, ...person, by: randomUUID(), at } });
  await eventually(() => expect(of(roomId)).toHaveLength(3), { timeoutMs: 5000 });
  expect(of(roomId).map(({ channel }) => channel)).toEqual(['messages:saved', 'room:join', 'room:leave']);
});

test('typing and presence are mirrored as they come', async () => {
  const roomId = randomUUID();
  const userId = randomUUID();
  publishRoomSignal(nats, { type: 'typing:start', roomId, userId, username: 'mira' });
  const announcement = announcePresence(nats, { gatewayId: randomUUID() });
  announcement.online({ userId, username: 'mira' });
  announcement.authenticated({ userId, username: 'mira' });
  await eventually(() => expect(of(userId)).toHaveLength(2), { timeoutMs: 5000 });
  await announcement.close();
  await eventually(() => expect(of(userId)).toHaveLength(3), { timeoutMs: 5000 });
  expect(of(userId).map(({ channel }) => channel)).toEqual(['typing:start', 'presence:online', 'presence:offline']);
});

test('two bridges publish once, and the second goes on when the first stops', async () => {
  const roomId = randomUUID();
  const second = await start();
  for (let index = 0; index < 50; index++) await sendTo(roomId, `m${index}`);
  await eventually(() => expect(contentsOf(roomId)).toHaveLength(50), { timeoutMs: 5000 });
  await bridge.stop();
  bridge = second;
  for (let index = 50; index < 100; index++) await sendTo(roomId, `m${index}`);
  await eventually(() => expect(contentsOf(roomId)).toHaveLength(100), { timeoutMs: 15_000 });
  expect(contentsOf(roomId)).toEqual(Array.from({ length: 100 }, (_, index) => `m${index}`));
});

test('with Redis away it waits, and catches up in order', async () => {
  const roomId = randomUUID();
  await sendTo(roomId, 'before');
  await eventually(() => expect(contentsOf(roomId)).toEqual(['before']), { timeoutMs: 5000 });
  await redisServer.stop();
  for (let index = 0; index < 20; index++) await sendTo(roomId, `away ${index}`);
  const proof = await log.head(log.partitionOf(roomId));
  expect(proof).toBeGreaterThan(0);
  consumer.disconnect();
  await redisServer.restart();
  await subscribe();
  await sendTo(roomId, 'after');
  await eventually(() => expect(contentsOf(roomId).at(-1)).toBe('after'), { timeoutMs: 15_000 });
  // a consumer that subscribes after the return may come too late for what was caught up at once: order, not count
  const away = contentsOf(roomId).filter((content) => content.startsWith('away'));
  expect(away).toEqual(Array.from({ length: 20 }, (_, index) => `away ${index}`).slice(20 - away.length));
});
