import { expect, test } from 'vitest';
import { isMet, isSound, type Row, tableOf } from './report.ts';

const row: Row = {
  figure: 'deliveries',
  ours: 600,
  unit: '/s',
  against: [
    { what: 'floor', value: 1000, goal: { atLeast: 0.6 } },
    { what: 'peer', value: 1000, goal: { atLeast: 0.7 } },
    { what: 'cost', value: 300, goal: { atMost: 1.5 } },
  ],
};

test('a ratio meets its goal or not', () =>
  expect(row.against.map((one) => isMet(row, one))).toEqual([true, false, false]));
test('the table says the ratio, the goal and whether it is met', () => {
  expect(tableOf([row])).toContain('✓ 0.6 × floor (1,000) (goal ≥ 0.6)');
  expect(tableOf([row])).toContain('✗ 2 × cost (300) (goal ≤ 1.5)');
});
test('a run with lost or doubled deliveries is not sound, and its table says so', () => {
  const bad = { ...row, missing: 2, doubled: 1 };
  expect(isSound([row])).toBe(true);
  expect(isSound([row, bad])).toBe(false);
  expect(tableOf([bad])).toContain('MISSING 2, DOUBLED 1');
});
