import { Unavailable } from '@kuraxx/event-store';
import { expect, test } from 'vitest';
import { createHashing } from './hashing.ts';

test('a secret fits its own hash alone, and nothing fits without one', async () => {
  const hashing = createHashing(4);
  const hash = await hashing.hash('sesame');
  expect(await hashing.matches('sesame', hash)).toBe(true);
  expect(await hashing.matches('other', hash)).toBe(false);
  expect(await hashing.matches('nobody has this password', undefined)).toBe(false);
});

test('more than can wait are turned away, the others are served', async () => {
  const hashing = createHashing(4);
  const settled = await Promise.allSettled(Array.from({ length: 500 }, () => hashing.hash('x')));
  const refused = settled.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  expect(refused).toHaveLength(500 - 402);
  expect(refused.every((reason) => reason instanceof Unavailable)).toBe(true);
  await hashing.hash('x');
});
