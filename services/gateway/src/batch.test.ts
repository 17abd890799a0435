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

test('a storm of questions is a handful of calls', async () => {
  const calls: number[] = [];
  const lookup = batched(async (keys) => {
    calls.push(keys.length);
    return new Map(keys.map((key) => [key, key]));
  }, '');
  const asked: Promise<string>[] = [];
  for (let turn = 0; turn < 100; turn++) {
    for (let count = 0; count < 20; count++) asked.push(lookup(`${turn}-${count}`));
    await new Promise((resolve) => setImmediate(resolve));
  }
  const answers = await Promise.all(asked);
  expect(new Set(answers).size).toBe(2_000);
  expect(calls.length).toBeLessThan(10);
});
