import { expect, test } from 'vitest';
import { createTurnstile } from './turnstile.ts';

test('as many as there are places are inside, in order of arrival', async () => {
  const turnstile = createTurnstile();
  const log: string[] = [];
  let inside = 0;
  const visit = async (name: string): Promise<void> => {
    expect(await turnstile.enter('key', async () => 2)).toBe(true);
    inside += 1;
    expect(inside).toBeLessThanOrEqual(2);
    log.push(name);
    await new Promise((resolve) => setImmediate(resolve));
    inside -= 1;
    turnstile.leave('key');
  };
  const names = Array.from({ length: 20 }, (_, index) => `${index}`);
  await Promise.all(names.map(visit));
  expect(log).toEqual(names);
});

test('who finds it closed after waiting keeps nobody else from trying', async () => {
  const turnstile = createTurnstile();
  await turnstile.enter('key', async () => 1);
  let isOpen = true;
  const places = async (): Promise<number> => {
    if (isOpen) return 1;
    throw new Error('closed');
  };
  const waiting = Promise.allSettled(Array.from({ length: 5 }, () => turnstile.enter('key', places)));
  await new Promise((resolve) => setImmediate(resolve));
  isOpen = false;
  turnstile.leave('key');
  expect((await waiting).map(({ status }) => status)).toEqual(Array.from({ length: 5 }, () => 'rejected'));
});

test('when places are added, all who may enter do', async () => {
  const turnstile = createTurnstile();
  let places = 1;
  await turnstile.enter('key', async () => places);
  const waiting = [1, 2, 3].map(() => turnstile.enter('key', async () => places));
  await new Promise((resolve) => setImmediate(resolve));
  places = 3;
  turnstile.leave('key');
  expect(await Promise.all(waiting)).toEqual([true, true, true]);
});

test('too many who wait are turned away', async () => {
  const turnstile = createTurnstile();
  await turnstile.enter('key', async () => 1);
  const entering = Array.from({ length: 201 }, () => turnstile.enter('key', async () => 1));
  expect(await entering.at(-1)).toBe(false);
});
