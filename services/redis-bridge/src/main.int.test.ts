import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { redisEnvelope } from '@kuraxx/contracts';
import { newMessage } from '@kuraxx/domain';
import { type EventLog, openEventLog } from '@kuraxx/event-store';
import { eventually, type FreshServer, freshNats, freshRedis } from '@kuraxx/testing';
import { Redis } from 'ioredis';
import { connect, type NatsConnection } from 'nats';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';

let natsServer: FreshServer;
let redisServer: FreshServer;
let nats: NatsConnection;
let log: EventLog & { close(): Promise<void> };
let consumer: Redis;
const heard: { roomId: string; content: string }[] = [];
const processes: ChildProcess[] = [];

beforeAll(async () => {
  [natsServer, redisServer] = await Promise.all([freshNats(), freshRedis()]);
  nats = await connect({ servers: natsServer.url });
  log = await openEventLog({ nats, source: 'kuraxx/test' });
  consumer = new Redis(redisServer.url);
  consumer.on('message', (_channel, text) => {
    const { roomId, message } = redisEnvelope('messages:saved').parse(JSON.parse(text)).data;
    heard.push({ roomId, content: message.content });
  });
  await consumer.subscribe('messages:saved');
});
afterEach(async () => {
  await Promise.all(processes.splice(0).map((child) => end(child, 'SIGKILL')));
});
afterAll(async () => {
  consumer?.disconnect();
  await log?.close();
  await nats?.close();
  await Promise.all([natsServer?.remove(), redisServer?.remove()]);
});

/** The service as it is run, once it has said that it is ready. */
const startProcess = async (): Promise<ChildProcess> => {
  const main = new URL('main.ts', import.meta.url).pathname;
  const env = { ...process.env, LOG_LEVEL: 'info', NATS_URL: natsServer.url, REDIS_URL: redisServer.url };
  const child = spawn(process.execPath, ['--conditions=source', main], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  processes.push(child);
  let said = '';
  child.stdout.on('data', (chunk) => {
    said += String(chunk);
  });
  await eventually(() => expect(said).toContain('"msg":"ready"'), { timeoutMs: 15_000 });
  return child;
};

const end = async (child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> => {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const code = new Promise<number | null>((resolve) => child.once('exit', resolve));
  child.kill(signal);
  return code;
};

const sender = {
  id: randomUUID(),
  username: 'mira',
  displayName: 'Mira',
  avatarUrl: null,
  isOnline: true,
  lastSeenAt: null,
};
const send = async (roomId: string, count: number, from: number): Promise<void> => {
  for (let index = from; index < from + count; index++) {
    const ids = { messageId: randomUUID(), roomId, content: String(index) };
    const message = newMessage({ ...ids, type: 'TEXT', sender, replyTo: null, at: new Date().toISOString() });
    await log.append({ kind: 'room', roomId, aspect: 'msg' }, { type: 'MessageSent', data: { message } });
  }
};
const firstTimes = (roomId: string) => [
  ...new Set(heard.filter((one) => one.roomId === roomId).map(({ content }) => content)),
];
const numbers = (count: number) => Array.from({ length: count }, (_, index) => String(index));

test('killed amid its work and started again, it goes on where it was: nothing lost, in order', async () => {
  const roomId = randomUUID();
  const first = await startProcess();
  const sending = send(roomId, 300, 0);
  await eventually(() => expect(firstTimes(roomId).length).toBeGreaterThan(20), { timeoutMs: 15_000 });
  await end(first, 'SIGKILL');
  await sending;
  await startProcess();
  await eventually(() => expect(firstTimes(roomId)).toHaveLength(300), { timeoutMs: 20_000 });
  expect(firstTimes(roomId)).toEqual(numbers(300));
}, 60_000);

test('of two, the other takes over when the one that leads is killed', async () => {
  const roomId = randomUUID();
  const first = await startProcess();
  await send(roomId, 5, 0);
  await eventually(() => expect(firstTimes(roomId)).toHaveLength(5), { timeoutMs: 15_000 });
  await startProcess();
  await end(first, 'SIGKILL');
  await send(roomId, 5, 5);
  await eventually(() => expect(firstTimes(roomId)).toEqual(numbers(10)), { timeoutMs: 15_000 });
}, 60_000);

test('a stuck leader is replaced, and disturbs neither order nor completeness when it wakes', async () => {
  const roomId = randomUUID();
  const first = await startProcess();
  await send(roomId, 5, 0);
  await eventually(() => expect(firstTimes(roomId)).toHaveLength(5), { timeoutMs: 15_000 });
  first.kill('SIGSTOP');
  await startProcess();
  await send(roomId, 5, 5);
  await eventually(() => expect(firstTimes(roomId)).toEqual(numbers(10)), { timeoutMs: 20_000 });
  first.kill('SIGCONT');
  await send(roomId, 5, 10);
  await eventually(() => expect(firstTimes(roomId)).toEqual(numbers(15)), { timeoutMs: 15_000 });
}, 60_000);

test('SIGTERM ends it cleanly', async () => {
  const child = await startProcess();
  expect(await end(child, 'SIGTERM')).toBe(0);
}, 30_000);
