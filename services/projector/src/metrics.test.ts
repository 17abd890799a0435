import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { lagCheck } from './checks.ts';
import { createLags, measureBatches, showProjections } from './metrics.ts';

test('a scrape and the readiness that it shows ask the log once for each partition', async () => {
  const asked: unknown[] = [];
  const log = {
    head: async (partition: unknown) => {
      asked.push(partition);
      return 7;
    },
    readPartition: () => expect.fail('nothing is behind'),
  };
  const about = { schema: 'read_1', phase: 'active', sequence: 7, parked: 0, applyingSince: undefined } as const;
  const statuses = () => [0, 1].map((partition) => ({ ...about, partition }));
  const lags = createLags(log, statuses);
  const registry = new Registry();
  showProjections(registry, { lags, statuses, serving: () => Promise.reject(new Error('Postgres is away')) });
  const [text, reason] = await Promise.all([registry.metrics(), lagCheck(lags).run()]);
  expect(text).toContain('kuraxx_projection_lag_events{schema="read_1",partition="1"} 0');
  expect(reason).toBeUndefined();
  expect(asked).toEqual([0, 1]);
});

test('how long ago an imported event happened elsewhere is no latency of the projection', async () => {
  const nowMs = Date.parse('2031-02-03T04:05:06.000Z');
  const registry = new Registry();
  const observe = measureBatches(registry, () => nowMs);
  observe('read_1', [
    { time: '2019-01-01T00:00:00.000Z', via: 'import' },
    { time: new Date(nowMs - 20).toISOString(), via: undefined },
  ]);
  const figures = await registry.metrics();
  expect(figures).toContain('kuraxx_projection_batch_events_sum{schema="read_1"} 2');
  expect(figures).toContain('kuraxx_projection_seconds_count{schema="read_1"} 1');
  expect(figures).toContain('kuraxx_projection_seconds_sum{schema="read_1"} 0.02');
});
