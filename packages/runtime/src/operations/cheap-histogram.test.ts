import fc from 'fast-check';
import { Histogram, Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { cheapHistogram } from './cheap-histogram.ts';

const about = { name: 'waits_seconds', help: 'How long it took', buckets: [0.1, 0.5, 1] };

test('it shows to the letter what the histogram of prom-client shows', async () => {
  const observation = fc.tuple(fc.constantFrom('a', 'b'), fc.constantFrom(0, 0.05, 0.1, 0.3, 0.5, 0.75, 1, 2, 100));
  await fc.assert(
    fc.asyncProperty(fc.array(observation), async (observations) => {
      const registry = new Registry();
      const cheap = cheapHistogram(about, registry);
      const series = { a: cheap.series({ type: 'a' }), b: cheap.series({ type: 'b' }) };
      const theirs = new Registry();
      const model = new Histogram({ ...about, labelNames: ['type'], registers: [theirs] });
      for (const type of ['a', 'b']) model.zero({ type });
      for (const [type, value] of observations) {
        series[type].observe(value);
        model.observe({ type }, value);
      }
      expect(await registry.metrics()).toBe(await theirs.metrics());
    }),
  );
});
