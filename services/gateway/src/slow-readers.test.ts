import { expect, test } from 'vitest';
import { sessionOf } from './session.fixture.ts';
import type { Session } from './session.ts';
import { createSlowReaders } from './slow-readers.ts';

const limits = { maxUnsentBytes: 100, allUnsentBytes: 250, closingUnsentBytes: 300 };

/** A reader with so much unsent, and what was done to it: its close code, or `cut`. */
const reader = (unsent: number): { session: Session; outcome: () => number | 'cut' | undefined } => {
  let outcome: number | 'cut' | undefined;
  const session = sessionOf({
    unsentBytes: () => (outcome === undefined ? unsent : 0),
    end: (code) => void (outcome = code),
    cut: () => void (outcome = 'cut'),
  });
  return { session, outcome: () => outcome };
};
const look = (sizes: number[], slow = createSlowReaders(limits, () => 0)) => {
  const readers = sizes.map(reader);
  slow.look(readers.map(({ session }) => session));
  return readers.map(({ outcome }) => outcome());
};

test('who has more unsent than one reader may is closed with a code that says resume', () =>
  expect(look([0, 101, 100])).toEqual([undefined, 4100, undefined]));

test('past the bound of all together those with the most are closed, until it is kept', () =>
  expect(look([70, 90, 80, 60])).toEqual([undefined, 4100, undefined, undefined]));

test('closed readers keep no more than their own bound: further ones are cut without a code', () =>
  expect(look([101, 150, 120])).toEqual([4100, 4100, 'cut']));

test('after a while a closed reader has given its memory back', () => {
  let nowMs = 0;
  const slow = createSlowReaders(limits, () => nowMs);
  expect(look([290, 290], slow)).toEqual([4100, 'cut']);
  nowMs = 14_999;
  expect(look([290], slow)).toEqual(['cut']);
  nowMs = 15_000;
  expect(look([290], slow)).toEqual([4100]);
});
