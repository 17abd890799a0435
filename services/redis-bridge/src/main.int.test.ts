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
  consumer.on('error', () => undefined); // a test takes Redis away
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

/** The service as it is run, once it has said that it is ready, and where operators ask it. */
const startWatched = async (
  more: Record<string, string> = {},
): Promise<{ readonly child: ChildProcess; readonly operationsUrl: string }> => {
  const main = new URL('main.ts', import.meta.url).pathname;
  const env = { ...process.env, LOG_LEVEL: 'info', NATS_URL: natsServer.url, REDIS_URL: redisServer.url, ...more };
  const child = spawn(process.execPath, ['--conditions=source', main], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  processes.push(child);
  let said = '';
  child.stdout.on('data', (chunk) => {
    said += String(chunk);
  });
  await eventually(() => expect(said).toContain('"msg":"ready"'), { timeoutMs: 15_000 });
  const [, operationsUrl = ''] = /"url":"([^"]+)","msg":"operations"/.exec(said) ?? [];
  return { child, operationsUrl };
};

const startProcess = async (): Promise<ChildProcess> => (await startWatched()).child;

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
});

test('of two, the other takes over when the one that leads is killed', async () => {
  const roomId = randomUUID();
  const first = await startProcess();
  await send(roomId, 5, 0);
  await eventually(() => expect(firstTimes(roomId)).toHaveLength(5), { timeoutMs: 15_000 });
  await startProcess();
  await end(first, 'SIGKILL');
  await send(roomId, 5, 5);
  await eventually(() => expect(firstTimes(roomId)).toEqual(numbers(10)), { timeoutMs: 15_000 });
});

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
});

test('it is ready while Redis is there, says so when it isn’t, and is again when it is back', async () => {
  const { operationsUrl } = await startWatched();
  const readyz = async () => {
    const response = await fetch(`${operationsUrl}/readyz`);
    return { status: response.status, text: await response.text() };
  };
  await eventually(async () => expect(await readyz()).toMatchObject({ status: 200 }));
  await redisServer.stop();
  const unready = { status: 503, text: expect.stringContaining('"redis: away') };
  await eventually(async () => expect(await readyz()).toMatchObject(unready), { timeoutMs: 15_000 });
  expect((await fetch(`${operationsUrl}/livez`)).status).toBe(200);
  await redisServer.restart();
  await eventually(async () => expect(await readyz()).toMatchObject({ status: 200 }), { timeoutMs: 15_000 });
});

test('SIGTERM ends it cleanly, also when its traces have nowhere to go', async () => {
  const { child } = await startWatched({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' });
  expect(await end(child, 'SIGTERM')).toBe(0);
});
