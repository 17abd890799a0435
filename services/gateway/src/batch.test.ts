import { expect, test } from 'vitest';
import { batched } from './batch.ts';

test('what is asked in one turn is one call, each key once', async () => {
  const calls: string[][] = [];
  const lookup = batched(async (keys) => {
    calls.push(keys);
    return new Map([['a', 1]]);
  }, 0);
  expect(await Promise.all([lookup('a'), lookup('b'), lookup('a')])).toEqual([1, 0, 1]);
  expect(await lookup('a')).toBe(1);
  expect(calls).toEqual([['a', 'b'], ['a']]);
});

test('a failure reaches everybody who asked, and only them', async () => {
  let fails = true;
  const lookup = batched(async () => {
    if (fails) throw new Error('away');
    return new Map([['a', 1]]);
  }, 0);
  await expect(Promise.all([lookup('a'), lookup('b')])).rejects.toThrow('away');
  fails = false;
  expect(await lookup('a')).toBe(1);
});
