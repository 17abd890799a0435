import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createOutput, type Output } from './output.ts';
import { clockText, createRate, createTurns, drawProgress } from './progress.ts';

beforeEach(() => void vi.useFakeTimers({ now: 1_900_000_000_000 }));
afterEach(() => void vi.useRealTimers());

test.each([
  [0, '0:00'],
  [59.5, '1:00'],
  [187, '3:07'],
  [3599.2, '1:00 h'],
  [3900, '1:05 h'],
])('%s seconds are %s', (seconds, text) => expect(clockText(seconds)).toBe(text));

test('the rate is that of the last ten seconds', () => {
  const rateAt = createRate();
  expect(rateAt(0)).toBe(0);
  vi.advanceTimersByTime(2000);
  expect(rateAt(100)).toBe(50);
  vi.advanceTimersByTime(9000);
  rateAt(100);
  vi.advanceTimersByTime(9000);
  expect(rateAt(100)).toBe(0);
});

const outputOf = (isTerminal: boolean, json: boolean) => {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const output: Output = createOutput(
    { env: {}, cwd: '/', stdout, stderr, isTerminal, signal: new AbortController().signal },
    json,
  );
  return { output, said: () => String(stderr.read() ?? '') };
};

test.each([
  ['on a terminal', true, false, 250, 'half'],
  ['in a file', false, false, 5000, 'half\n'],
  ['with --json on a terminal', true, true, 5000, 'half\n'],
])('%s it is shown so often, drawn over where that can be', (_, isTerminal, json, everyMs, said) => {
  const shown = outputOf(isTerminal, json);
  const turns = createTurns(shown.output, 5000);
  expect(turns.take()).toBe(false);
  vi.advanceTimersByTime(everyMs);
  expect([turns.take(), turns.take()]).toEqual([true, false]);
  turns.hurry();
  expect(turns.take()).toBe(true);
  drawProgress(shown.output, 'half');
  expect(shown.said()).toBe(said);
});
