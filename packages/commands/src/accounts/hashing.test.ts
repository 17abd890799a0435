import { Unavailable } from '@kuraxx/event-store';
import bcrypt from 'bcrypt';
import { expect, test } from 'vitest';
import { createHashing } from './hashing.ts';

test('every byte of a long secret counts', async () => {
  const hashing = createHashing(4);
  const stem = 'ü'.repeat(60);
  const hash = await hashing.hash(`${stem}a`);
  expect(await hashing.matches(`${stem}a`, hash)).toBe(true);
  expect(await hashing.matches(`${stem}b`, hash)).toBe(false);
  expect(await hashing.matches(stem, hash)).toBe(false);
});

test('a long secret still fits the hash that the old system made of its first 72 bytes', async () => {
  const hash = await bcrypt.hash('x'.repeat(100), 4);
  expect(await createHashing(4).matches('x'.repeat(100), hash)).toBe(true);
});

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
