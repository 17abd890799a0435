import { randomUUID } from 'node:crypto';
import { type RedisChannel, redisChannels, redisEnvelope } from '@kuraxx/contracts';
import { type ChatEvent, formatFileRef, newMessage } from '@kuraxx/domain';
import { type EventLog, openBucket, openBulkAppend, openEventLog } from '@kuraxx/event-store';
import { createFileLinks } from '@kuraxx/file-links';
import { announcePresence, publishRoomSignal } from '@kuraxx/signals';
import { createTcpProxy, eventually, type FreshServer, freshNats, freshRedis, type TcpProxy } from '@kuraxx/testing';
import { jetstream } from '@nats-io/jetstream';
import { Redis } from 'ioredis';
import { connect, type NatsConnection } from 'nats';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { createBridge } from './bridge.ts';
import { createMetrics } from './metrics.ts';

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
let redisLink: TcpProxy;
let nats: NatsConnection;
let log: EventLog & { close(): Promise<void> };
let bridge: Awaited<ReturnType<typeof start>>;
let consumer: Redis;
const heard: { channel: string; text: string }[] = [];

const { links, outgoing } = createFileLinks('a secret that is known to this test alone', 'http://files.test');
const start = () => {
  const observe = createMetrics(new Registry(), log);
  return createBridge({ nats, log, redisUrl: redisLink.url, outgoing, replicas: 1, observe, logger });
};

const subscribe = async (): Promise<void> => {
  consumer = new Redis(redisServer.url);
  consumer.on('error', () => undefined); // it comes back by itself
  consumer.on('message', (channel, text) => heard.push({ channel, text }));
  await consumer.subscribe(...Object.keys(redisChannels));
};

beforeAll(async () => {
  [natsServer, redisServer] = await Promise.all([freshNats(), freshRedis()]);
  redisLink = await createTcpProxy(redisServer.url);
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
  await redisLink?.close();
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
  await eventually(() => expect(of(roomId)).toHaveLength(3));
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
  await eventually(() => expect(of(roomId)).toHaveLength(3));
  expect(of(roomId).map(({ channel }) => channel)).toEqual(['messages:saved', 'room:join', 'room:leave']);
});

test('typing and presence are mirrored as they come', async () => {
  const roomId = randomUUID();
  const userId = randomUUID();
  publishRoomSignal(nats, { type: 'typing:start', roomId, userId, username: 'mira' });
  const announcement = announcePresence(nats, { gatewayId: randomUUID() });
  announcement.online({ userId, username: 'mira' });
  announcement.authenticated({ userId, username: 'mira' });
  await eventually(() => expect(of(userId)).toHaveLength(2));
  await announcement.close();
  await eventually(() => expect(of(userId)).toHaveLength(3));
  expect(of(userId).map(({ channel }) => channel)).toEqual(['typing:start', 'presence:online', 'presence:offline']);
});

test('what it can not read is not mirrored, and holds nothing up', async () => {
  const roomId = randomUUID();
  const partition = log.partitionOf(roomId);
  await jetstream(nats).publish(`kuraxx.room.${partition}.${roomId}.msg`, 'no event of ours');
  await jetstream(nats).publish(`kuraxx.room.${partition}.${roomId}.other`, 'no subject of ours');
  const message = messageIn(roomId, 'behind it');
  await log.append({ kind: 'room', roomId, aspect: 'msg' }, { type: 'MessageSent', data: { message } });
  await eventually(() => expect(heard.filter(({ text }) => text.includes(roomId))).toHaveLength(1));
});

test('what came from another system is no news, and nobody is looked up for it', async () => {
  const roomId = randomUUID();
  const asked = vi.spyOn(log, 'readSubject');
  onTestFinished(() => asked.mockRestore());
  const bulk = await openBulkAppend(nats, log, { source: 'kuraxx/test' });
  const time = '2021-03-04T10:00:00.000Z';
  const event: ChatEvent = { type: 'MessageSent', data: { message: messageIn(roomId, 'long ago') } };
  await bulk.add([{ subject: { kind: 'room', roomId, aspect: 'msg' }, event, eventId: randomUUID(), time }]);
  bulk.close();
  await sendTo(roomId, 'now');
  await eventually(() => expect(of(roomId)).toHaveLength(1));
  expect(contentsOf(roomId)).toEqual(['now']);
  expect(asked.mock.calls.filter(([{ kind }]) => kind === 'account')).toEqual([]);
});

test('two bridges publish once, and the second goes on when the first stops', async () => {
  const roomId = randomUUID();
  const second = await start();
  for (let index = 0; index < 50; index++) await sendTo(roomId, `m${index}`);
  await eventually(() => expect(contentsOf(roomId)).toHaveLength(50));
  await bridge.stop();
  bridge = second;
  for (let index = 50; index < 100; index++) await sendTo(roomId, `m${index}`);
  await eventually(() => expect(contentsOf(roomId)).toHaveLength(100), { timeoutMs: 15_000 });
  expect(contentsOf(roomId)).toEqual(Array.from({ length: 100 }, (_, index) => `m${index}`));
});

test('where it is gets stored seldom under load, soon after it, and at a clean stop', async () => {
  const roomId = randomUUID();
  const bucket = await openBucket(nats, 'KURAXX_BRIDGE');
  const key = `position.${log.partitionOf(roomId)}`;
  const position = async () => {
    const entry = await bucket.get(key);
    return { revision: entry?.revision, sequence: entry?.json<{ sequence: number }>().sequence };
  };
  const watch = await bucket.watch({ key, include: 'updates' });
  let stores = 0;
  const counting = (async () => {
    for await (const _ of watch) stores += 1;
  })();
  const startedAtMs = performance.now();
  for (let index = 0; index < 200; index++) await sendTo(roomId, `m${index}`);
  await eventually(() => expect(contentsOf(roomId)).toHaveLength(200));
  const head = await log.head(log.partitionOf(roomId));
  await eventually(async () => expect((await position()).sequence).toBe(head));
  expect(stores).toBeLessThanOrEqual(2 + (performance.now() - startedAtMs) / 250);

  await Promise.all(Array.from({ length: 5 }, (_, index) => sendTo(roomId, `last ${index}`)));
  await eventually(() => expect(contentsOf(roomId)).toHaveLength(205));
  await bridge.stop();
  expect((await position()).sequence).toBe(await log.head(log.partitionOf(roomId)));
  watch.stop();
  await counting;
  bridge = await start();
});

test('cut off from Redis it waits, and loses and reorders nothing when it is back', async () => {
  const roomId = randomUUID();
  await sendTo(roomId, 'm0');
  await eventually(() => expect(contentsOf(roomId)).toEqual(['m0']));
  redisLink.cut();
  for (let index = 1; index < 30; index++) await sendTo(roomId, `m${index}`);
  publishRoomSignal(nats, { type: 'typing:start', roomId, userId: sender.id, username: 'mira' });
  await nats.flush();
  expect(contentsOf(roomId)).toEqual(['m0']);
  redisLink.resume();
  await eventually(() => expect(contentsOf(roomId)).toHaveLength(30), { timeoutMs: 15_000 });
  expect(contentsOf(roomId)).toEqual(Array.from({ length: 30 }, (_, index) => `m${index}`));
  expect(of(roomId).every(({ channel }) => channel === 'messages:saved')).toBe(true); // the typing is past
});

test('it goes on after Redis itself was stopped and started', async () => {
  const roomId = randomUUID();
  await redisServer.stop();
  await sendTo(roomId, 'away');
  consumer.disconnect();
  await redisServer.restart();
  await subscribe();
  await sendTo(roomId, 'after');
  await eventually(() => expect(contentsOf(roomId).at(-1)).toBe('after'), { timeoutMs: 15_000 });
});

test('a bridge that only thinks it leads steps down', async () => {
  const roomId = randomUUID();
  const bucket = await openBucket(nats, 'KURAXX_BRIDGE');
  const lease = await bucket.get('lease');
  await bucket.put('lease', JSON.stringify({ id: randomUUID(), host: 'elsewhere', pid: 1 })); // another took over …
  const partition = log.partitionOf(roomId);
  const ahead = JSON.stringify({ epoch: log.epochOf(partition), sequence: await log.head(partition), by: 'another' });
  await bucket.put(`position.${partition}`, ahead); // … and has moved on
  for (let index = 0; index < 5; index++) await sendTo(roomId, `m${index}`);
  // the other one dies: its lease is free after 8 s, and the events come at least once, in order
  await eventually(async () => expect((await bucket.get('lease'))?.string()).toBe(lease?.string()), {
    timeoutMs: 20_000,
  });
  await eventually(() => expect(contentsOf(roomId).at(-1)).toBe('m4'));
  expect([...new Set(contentsOf(roomId))]).toEqual(['m0', 'm1', 'm2', 'm3', 'm4']);
});

test('a file in a message is a link that works for whoever has it', async () => {
  const [roomId, fileId] = [randomUUID(), randomUUID()];
  const ref = {
    userId: sender.id,
    fileId,
    variant: 'original',
    extension: 'png',
    scope: { kind: 'room', roomId },
  } as const;
  const attachment = {
    id: fileId,
    messageId: randomUUID(),
    fileName: 'a.png',
    fileSize: 1,
    mimeType: 'image/png',
    url: formatFileRef(ref),
    thumbnailUrl: null,
    createdAt: new Date().toISOString(),
  };
  const message = { ...messageIn(roomId, 'look'), attachments: [attachment] };
  await log.append({ kind: 'room', roomId, aspect: 'msg' }, { type: 'MessageSent', data: { message } });
  await eventually(() => expect(of(roomId)).toHaveLength(1));
  const { data } = redisEnvelope('messages:saved').parse(JSON.parse(of(roomId)[0]?.text ?? ''));
  expect(links.recognise(data.message.attachments[0]?.url ?? '')).toEqual(ref);
});
