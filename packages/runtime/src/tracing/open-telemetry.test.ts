import { once } from 'node:events';
import { createServer } from 'node:http';
import type { LogRecord } from '@kuraxx/event-store';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';
import { startTracing } from './open-telemetry.ts';

let tracing: ReturnType<typeof startTracing>;
beforeAll(() => {
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', 'http://127.0.0.1:1'); // nobody is there
  vi.stubEnv('OTEL_TRACES_SAMPLER', 'parentbased_always_off');
  tracing = startTracing('test', { traceHeaders: undefined }, pino({ level: 'silent' }));
});
afterAll(() => vi.unstubAllEnvs());

const sampled = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const unsampled = sampled.replace(/1$/, '0');

test('work gets what it gives, in a span of the trace that it was asked in, also after it has waited', async () => {
  expect(tracing.current()).toBeUndefined();
  const inside = await tracing.span('outer', { kind: 'server', parent: sampled }, async () => {
    await Promise.resolve();
    return tracing.span('inner', { kind: 'internal' }, () => tracing.current());
  });
  expect(inside).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-(?!b7ad6b7169203331)[0-9a-f]{16}-01$/);
  expect(tracing.current()).toBeUndefined();
});

test('what is not sampled has no trace to go on in', () => {
  const current = () => tracing.current();
  expect(tracing.span('asked', { kind: 'server', parent: unsampled }, current)).toBeUndefined();
  expect(tracing.span('by itself', { kind: 'server' }, current)).toBeUndefined();
});

test('what work throws or rejects with is thrown on', async () => {
  const failed = new Error('no');
  const start = { kind: 'server', parent: sampled } as const;
  const throws = (): never => {
    throw failed;
  };
  expect(() => tracing.span('throws', start, throws)).toThrow(failed);
  await expect(tracing.span('rejects', start, () => Promise.reject(failed))).rejects.toBe(failed);
});

test('a collector that is away neither keeps a service from stopping nor fails it', async () => {
  const record: LogRecord = {
    position: { epoch: 'e', partition: 0, sequence: 1 },
    subject: { kind: 'room', roomId: 'r-1', aspect: 'msg' },
    wireType: 'kuraxx.message.sent.v1',
    type: 'MessageSent',
    eventId: 'm-1',
    time: new Date(0).toISOString(),
    via: undefined,
    data: new Uint8Array(),
    headers: { get: (name) => (name === 'traceparent' ? sampled : '') },
  };
  tracing.handled('project', [record, { ...record, headers: undefined }], Date.now(), { size: 2 });
  await expect(tracing.close()).resolves.toBeUndefined();
});

test('the collector is shown the headers that lay in a file', async () => {
  const asked = Promise.withResolvers<string | undefined>();
  const collector = createServer((request, response) => {
    asked.resolve(request.headers.authorization);
    response.end('{}');
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void collector.close());
  await once(collector, 'listening');
  const { port } = z.object({ port: z.number() }).parse(collector.address());
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', `http://127.0.0.1:${port}`);
  vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', '');
  const traced = startTracing('test', { traceHeaders: 'authorization=Bearer%20key' }, pino({ level: 'silent' }));
  traced.span('asked', { kind: 'server', parent: sampled }, () => undefined);
  await traced.close();
  expect(await asked.promise).toBe('Bearer key');
});
