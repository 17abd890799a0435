import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { foldVersions } from './states.ts';

/** What the folds make of the golden events; a new version of a fold gets a new line, the old ones stay. */
const goldenStates: Readonly<Record<string, string>> = {
  'room 1, account 1': '3b737f5e7b765ed32a7cbcbe957769efd9db22f3a5d7cab15f404b22200620ba',
};

/** Of a room with its messages the room: no snapshot holds a message. */
const withoutMessages = z.object({ room: z.unknown() }).transform(({ room }) => room);

test('folds that make something else of the golden events have a version of their own', () => {
  const file = join(import.meta.dirname, '../../../event-store/src/golden-states.txt');
  const states = z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(file, 'utf8')));
  const folded = Object.entries(states).flatMap(([wireType, state]) => {
    if (wireType.startsWith('kuraxx.file.')) return [];
    return [[wireType, wireType.startsWith('kuraxx.account.') ? state : withoutMessages.parse(state)]];
  });
  const { room, account } = foldVersions;
  expect(hash('sha256', JSON.stringify(folded))).toBe(goldenStates[`room ${room}, account ${account}`]);
});
