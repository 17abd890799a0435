import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { foldVersions } from './states.ts';

/** What the folds make of the golden events; a new version of a fold gets a new line, the old ones stay. */
const goldenStates: Readonly<Record<string, string>> = {
  'room 1, account 1': 'd1e3380a940135dc737914949dd9b12f8f621a932dc6b428f5a692967b4dedf9',
};

test('folds that make something else of the golden events have a version of their own', () => {
  const file = join(import.meta.dirname, '../../../event-store/src/golden-states.txt');
  const states = z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(file, 'utf8')));
  const folded = Object.entries(states).filter(([wireType]) => !wireType.startsWith('kuraxx.file.'));
  const { room, account } = foldVersions;
  expect(hash('sha256', JSON.stringify(folded))).toBe(goldenStates[`room ${room}, account ${account}`]);
});
