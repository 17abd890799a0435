import { expect, test } from 'vitest';
import { CliError } from '../frame/exit-codes.ts';
import { createTally } from './tally.ts';

const most = 10_000;
const find = (tally: ReturnType<typeof createTally>, from: number, to: number): void => {
  for (let id = from; id <= to; id++) tally.problem({ table: 'users', id: String(id), reason: 'bad' });
};

test('ten thousand bad rows are told, with one more it is given up', () => {
  const tally = createTally({ leaveOut: false });
  find(tally, 1, most);
  expect(tally.read()).toMatchObject({ problemCount: most, problems: { length: most } });
  expect(() => find(tally, most + 1, most + 1)).toThrow(CliError);
});

test('rows that are to be left out are counted and known however many they are, and the first ones are kept', () => {
  const tally = createTally({ leaveOut: true });
  find(tally, 1, most + 2);
  expect(tally.read()).toMatchObject({ problemCount: most + 2, problems: { length: most } });
  for (const [id, isBad] of [
    [most + 2, true],
    [most + 3, false],
  ] as const)
    expect(tally.isBad('users', String(id))).toBe(isBad);
});
