import { expect, test } from 'vitest';
import { createLru } from './lru.ts';

test('what was used last stays', () => {
  const lru = createLru<number>(2);
  lru.set('a', 1);
  lru.set('b', 2);
  lru.get('a');
  lru.set('c', 3);
  expect(['a', 'b', 'c'].map(lru.get)).toEqual([1, undefined, 3]);
});

test('entries weigh what they say; one that is too heavy is kept alone', () => {
  const lru = createLru<number>(10, (weight) => weight);
  lru.set('a', 6);
  lru.set('b', 4);
  lru.set('a', 3); // replaced: the old weight is gone
  expect(['a', 'b'].map(lru.get)).toEqual([3, 4]);
  lru.set('c', 12);
  expect(['a', 'b', 'c'].map(lru.get)).toEqual([undefined, undefined, 12]);
});
