import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { createMetrics } from './metrics.ts';

test('what was published is counted by channel, what waits is told by partition', async () => {
  const registry = new Registry();
  const observe = createMetrics(registry, { head: async () => 12 });
  observe.leading(true);
  observe.reached(0, 12);
  observe.reached(1, 5);
  observe.published([
    { channel: 'messages:saved', text: '{}' },
    { channel: 'messages:saved', text: '{}' },
  ]);
  const text = await registry.metrics();
  expect(text).toContain('kuraxx_bridge_published_total{channel="messages:saved"} 2');
  expect(text).toContain('kuraxx_bridge_backlog_events{partition="0"} 0');
  expect(text).toContain('kuraxx_bridge_backlog_events{partition="1"} 7');
  expect(text).toContain('kuraxx_bridge_leading 1');
});

test('a backlog that can not be told does not take the other figures away', async () => {
  const registry = new Registry();
  const observe = createMetrics(registry, { head: () => Promise.reject(new Error('NATS is away')) });
  observe.reached(0, 1);
  observe.published([{ channel: 'messages:new', text: '{}' }]);
  expect(await registry.metrics()).toContain('kuraxx_bridge_published_total{channel="messages:new"} 1');
});

test('a bridge that leads no more shows no backlog: the figure would stay what it was', async () => {
  const registry = new Registry();
  const asked = Promise.withResolvers<void>();
  const head = Promise.withResolvers<number>();
  const heads = [Promise.resolve(12), head.promise];
  const observe = createMetrics(registry, {
    head: () => {
      if (heads.length === 1) asked.resolve();
      return heads.shift() ?? Promise.reject(new Error('asked once more'));
    },
  });
  observe.leading(true);
  observe.reached(0, 5);
  expect(await registry.metrics()).toContain('kuraxx_bridge_backlog_events{partition="0"} 7');
  const shown = registry.metrics(); // the lease is lost while it is asked for
  await asked.promise;
  observe.leading(false);
  head.resolve(12);
  for (const text of [await shown, await registry.metrics()]) expect(text).not.toContain('backlog_events{');
});
