import { memoryEventLog } from '@kuraxx/event-store';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { afterEach, expect, test } from 'vitest';
import { remembered } from './checks.ts';
import { measureAppends } from './measure-appends.ts';
import { openOperations } from './open-operations.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const open = async () => {
  let stopping = false;
  const life = {
    open: async <T>(_name: string, start: () => Promise<T> | T, stop?: (part: T) => unknown) => {
      const part = await start();
      closers.push(() => stop?.(part));
      return part;
    },
    isStopping: () => stopping,
  };
  const config = { operations: { host: '127.0.0.1', port: 0 } };
  const operations = await openOperations(config, life, pino({ level: 'silent' }));
  const get = async (path: string) => {
    const response = await fetch(operations.url + path);
    return { status: response.status, text: await response.text() };
  };
  return { operations, get, stop: () => (stopping = true) };
};

test('alive from the first moment, ready once started, not while stopping', async () => {
  const { operations, get, stop } = await open();
  expect((await get('/livez')).status).toBe(200);
  expect(await get('/readyz')).toMatchObject({ status: 503, text: expect.stringContaining('starting') });
  operations.started();
  expect((await get('/readyz')).status).toBe(200);
  stop();
  expect(await get('/readyz')).toMatchObject({ status: 503, text: expect.stringContaining('stopping') });
  expect((await get('/livez')).status).toBe(200);
});

test('a required part that is away makes it unready, with the reason; another one is only told', async () => {
  const { operations, get } = await open();
  operations.started();
  let nats: string | undefined;
  operations.check({ name: 'nats', required: true, run: () => nats });
  operations.check({ name: 'postgres', required: false, run: () => Promise.reject(new Error('refused')) });
  const { status, text } = await get('/readyz');
  expect(status).toBe(200);
  expect(JSON.parse(text)).toEqual({
    ready: true,
    reasons: ['postgres: refused'],
    checks: { nats: { ok: true, required: true }, postgres: { ok: false, required: false, reason: 'refused' } },
  });
  nats = 'disconnected';
  expect((await get('/readyz')).status).toBe(503);
  const figures = (await get('/metrics')).text.split('\n');
  expect(figures).toEqual(
    expect.arrayContaining([
      'kuraxx_ready 0',
      'kuraxx_check_ok{check="nats"} 0',
      'kuraxx_check_ok{check="postgres"} 0',
    ]),
  );
});

test('a check that hangs is a reason too', async () => {
  const { operations, get } = await open();
  operations.started();
  operations.check({ name: 'redis', required: true, run: () => new Promise(() => undefined) });
  expect(await get('/readyz')).toMatchObject({ status: 503, text: expect.stringContaining('no answer within') });
});

test('what is only told is not asked at each probe, what is required is', async () => {
  const { operations, get } = await open();
  operations.started();
  const asked = { told: 0, required: 0 };
  const run = (name: keyof typeof asked) => () => `${(asked[name] += 1)}`;
  operations.check({ name: 'told', required: false, run: run('told') });
  operations.check({ name: 'required', required: true, run: run('required') });
  for (const count of [1, 2, 3]) expect((await get('/readyz')).text).toContain(`"required: ${count}"`);
  await get('/metrics');
  expect(asked).toEqual({ told: 1, required: 4 });
});

test('what is remembered is asked anew after five seconds, also when the last answer never came', async () => {
  let nowMs = 0;
  const answers: (string | undefined | Promise<never>)[] = ['away', new Promise<never>(() => undefined), undefined];
  const { run } = remembered({ name: 'it', required: false, run: () => answers.shift() }, () => nowMs);
  expect(await run()).toBe('away');
  nowMs = 4_999;
  expect(await run()).toBe('away');
  nowMs = 5_000;
  expect(await run()).toContain('no answer within');
  nowMs = 10_000;
  expect(await run()).toBeUndefined();
});

test('metrics are shown in the text format, the event loop among them', async () => {
  const { get } = await open();
  expect((await get('/metrics')).text).toContain('nodejs_eventloop_lag_seconds');
});

test('appends are timed by type, repetitions counted, and the log stays what it was', async () => {
  const registry = new Registry();
  const log = measureAppends(memoryEventLog({ roomPartitions: 1 }), registry);
  const at = new Date(0).toISOString();
  const append = () =>
    log.append(
      { kind: 'account', userId: 'ann' },
      { type: 'UserRegistered', data: { userId: 'ann', username: 'ann', displayName: 'Ann', at } },
      { eventId: 'one' },
    );
  await append();
  await append();
  const text = await registry.metrics();
  expect(text).toContain('kuraxx_append_seconds_count{type="UserRegistered"} 2');
  expect(text).toContain('kuraxx_append_duplicates_total 1');
  expect(await log.head('accounts')).toBe(1);
});
