import { expect, test } from 'vitest';
import { createKeyedQueue } from './keyed-queue.ts';

test('work of one key runs one after the other, also after a failure; other keys do not wait', async () => {
  const inTurn = createKeyedQueue();
  const told: string[] = [];
  const first = Promise.withResolvers<void>();
  const results = Promise.allSettled([
    inTurn('a', async () => {
      await first.promise;
      told.push('a1');
      throw new Error('no');
    }),
    inTurn('a', async () => told.push('a2')),
    inTurn('b', async () => {
      told.push('b1');
      first.resolve();
    }),
  ]);
  expect((await results).map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
  expect(told).toEqual(['b1', 'a1', 'a2']);
});
