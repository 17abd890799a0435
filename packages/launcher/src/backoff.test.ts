import { expect, test } from 'vitest';
import { createBackoff } from './backoff.ts';

test('waits double up to ten seconds, and start over after half a minute without a death', () => {
  let time = 0;
  const backoff = createBackoff(() => time);
  expect(Array.from({ length: 8 }, () => backoff.next())).toEqual([250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
  time = 31_000;
  expect(backoff.next()).toBe(250);
});
