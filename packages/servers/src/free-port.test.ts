import { expect, test } from 'vitest';
import { freePort } from './free-port.ts';

test('a port that was given and is not bound yet is not given again', async () => {
  const ports = await Promise.all(Array.from({ length: 400 }, freePort));
  expect(new Set(ports).size).toBe(400); // drawn from 17,000, some would nearly always be the same
});
