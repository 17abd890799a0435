import { memoryEventLog, traceparentOf } from '@kuraxx/event-store';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { readConfig } from '../config.ts';
import { openTracing } from './open-tracing.ts';
import { traceAppends } from './trace-appends.ts';
import type { OpenSpan, Tracing } from './tracing.ts';

const life = { open: () => Promise.reject(new Error('nothing is to be opened')) };
const silent = pino({ level: 'silent' });
const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' };

test('tracing is off unless the environment names a collector, and then the log is not even wrapped', async () => {
  expect(readConfig({}).isTraced).toBe(false);
  expect(readConfig(endpoint).isTraced).toBe(true);
  expect(readConfig({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:4318/v1/traces' }).isTraced).toBe(true);
  expect(readConfig({ ...endpoint, OTEL_SDK_DISABLED: 'true' }).isTraced).toBe(false);
  const tracing = await openTracing('api', readConfig({}), life, silent);
  const log = memoryEventLog({ roomPartitions: 1 });
  expect(traceAppends(log, tracing)).toBe(log);
});

test.each([
  { OTEL_TRACES_SAMPLER: 'parentbased_traceidration' },
  { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '1.5' },
  { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '1%' },
])('what OpenTelemetry would take for everything is refused: %o', (environment) => {
  expect(() => readConfig({ ...endpoint, ...environment })).toThrow(/OTEL_TRACES_SAMPLER/);
  expect(
    readConfig({ ...endpoint, OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.01' }),
  ).toBeDefined();
});

/** One trace that is always current. */
const tracingIn = (traceparent: string | undefined): Tracing => {
  const span: OpenSpan = { name: () => undefined, set: () => undefined, failed: () => undefined };
  return { span: (_name, _start, work) => work(span), current: () => traceparent, handled: () => undefined };
};

test.each(['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', undefined])(
  'an event carries the trace that it was written in: %s',
  async (traceparent) => {
    const log = traceAppends(memoryEventLog({ roomPartitions: 1 }), tracingIn(traceparent));
    const subject = { kind: 'account', userId: 'ann' } as const;
    const at = new Date(0).toISOString();
    await log.append(subject, { type: 'PasswordChanged', data: { userId: 'ann', version: 1, at } });
    for await (const record of log.readSubject(subject)) expect(traceparentOf(record)).toBe(traceparent);
  },
);
