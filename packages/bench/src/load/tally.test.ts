import { expect, test } from 'vitest';
import { contentOf, numberIn } from './marker.ts';
import { createTally } from './tally.ts';

const tallied = (got: readonly number[]) => {
  const tally = createTally(1, 1, () => 0);
  for (const number of [1, 2, 3]) tally.sent(0, number);
  for (const number of got) tally.received(0, number);
  return tally.verdict();
};

test('everything once is sound, in any order', () => expect(tallied([3, 1, 2])).toEqual({ missing: 0, doubled: 0 }));
test('a loss is counted', () => expect(tallied([1, 3])).toEqual({ missing: 1, doubled: 0 }));
test('a double is counted', () => expect(tallied([1, 2, 2, 3])).toEqual({ missing: 0, doubled: 1 }));
test('a loss and a double are told from everything once', () =>
  expect(tallied([1, 2, 2])).toEqual({ missing: 1, doubled: 1 }));

test('a message says its number from within a frame', () => {
  expect(numberIn(Buffer.from(`{"content":"${contentOf(4711, 400)}"}`))).toBe(4711);
  expect(numberIn(Buffer.from('{"type":"presence:online"}'))).toBeUndefined();
});
