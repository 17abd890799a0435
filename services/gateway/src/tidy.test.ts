import { expect, test } from 'vitest';
import { createTidy, fullCollection } from './tidy.ts';

const tidied = (doings: readonly (readonly [frames: number, openedAndClosed: number])[]): number[] => {
  const at: number[] = [];
  let step = 0;
  const tidy = createTidy(() => at.push(step));
  for (const [frames, openedAndClosed] of doings) {
    tidy({ frames, openedAndClosed });
    step += 1;
  }
  return at;
};

test('it is tidied once after many have come or gone, as soon as it is quiet', () => {
  expect(
    tidied([
      [10, 2_000],
      [20, 3_000],
      [20, 3_000],
      [20, 3_000],
      [25, 3_000],
      [25, 3_000],
    ]),
  ).toEqual([2]);
});

test('not for a few, and not while frames come', () => {
  expect(
    tidied([
      [0, 0],
      [0, 999],
      [0, 999],
    ]),
  ).toEqual([]);
  expect(
    tidied([
      [1, 5_000],
      [2, 5_000],
      [3, 9_000],
    ]),
  ).toEqual([]);
});

test('it is tidied again when as many have come or gone since', () => {
  expect(
    tidied([
      [0, 1_000],
      [0, 1_999],
      [0, 2_000],
      [0, 2_000],
    ]),
  ).toEqual([0, 2]);
});

test('a full collection takes away what nobody holds', () => {
  const collect = fullCollection();
  const held = new WeakRef({ big: Array.from({ length: 10_000 }, () => 1) });
  return new Promise<void>((resolve) => {
    setImmediate(() => {
      collect();
      expect(held.deref()).toBeUndefined();
      resolve();
    });
  });
});
