import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isoTime } from './iso-time.ts';

test('whatever was asked for before, a time is said as Date says it', () => {
  const near = fc.integer({ min: 1_900_000_000_000, max: 1_900_000_000_003 });
  fc.assert(
    fc.property(fc.array(near), (times) => {
      expect(times.map(isoTime)).toEqual(times.map((ms) => new Date(ms).toISOString()));
    }),
  );
});
