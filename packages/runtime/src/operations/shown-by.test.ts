import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { counterBy, gaugeBy } from './shown-by.ts';

const linesOf = async (registry: Registry): Promise<string[]> =>
  (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));

test('counters and gauges show what is read at each scrape, and nothing of the scrape before', async () => {
  const registry = new Registry();
  const counts = new Map([['a', 2]]);
  const levels = new Map([['x', 5]]);
  counterBy(registry, { name: 'counts_total', help: 'By kind', labelNames: ['kind'] }, () =>
    [...counts].map(([kind, count]) => [{ kind }, count]),
  );
  counterBy(registry, { name: 'all_total', help: 'Together' }, () => [[{}, counts.size]]);
  gaugeBy(registry, { name: 'levels', help: 'By place', labelNames: ['place'] }, async () =>
    [...levels].map(([place, level]) => [{ place }, level] as const),
  );
  expect(await linesOf(registry)).toEqual(['counts_total{kind="a"} 2', 'all_total 1', 'levels{place="x"} 5']);
  counts.set('b', 1);
  levels.delete('x');
  levels.set('y', 7);
  expect(await linesOf(registry)).toEqual([
    'counts_total{kind="a"} 2',
    'counts_total{kind="b"} 1',
    'all_total 2',
    'levels{place="y"} 7',
  ]);
});
