import { expect, test } from 'vitest';
import { createCheckpointTimes } from './checkpoint-times.ts';

const at = (sequence: number, epoch = 'e1') => ({ epoch, partition: 2, sequence });

test('a position was reached with the first step at or after it', () => {
  const times = createCheckpointTimes();
  for (const [sequence, atMs] of [
    [3, 100],
    [5, 200],
    [5, 300],
    [9, 400],
  ] as const)
    times.heard('2', { epoch: 'e1', sequence, atMs });
  expect([4, 5, 6, 9].map((sequence) => times.reachedAtMs(at(sequence)))).toEqual([200, 200, 400, 400]);
  expect(times.reachedAtMs(at(10))).toBeUndefined();
  expect(times.reachedAtMs(at(2))).toBeUndefined(); // some time before
  expect(times.reachedAtMs({ ...at(5), partition: 1 })).toBeUndefined();
});

test('another log starts anew, and only so much is remembered', () => {
  const times = createCheckpointTimes();
  for (let sequence = 1; sequence <= 1_000; sequence++) times.heard('2', { epoch: 'e1', sequence, atMs: sequence });
  expect(times.reachedAtMs(at(1_000))).toBe(1_000);
  expect(times.reachedAtMs(at(700))).toBeUndefined();
  times.heard('2', { epoch: 'e2', sequence: 1, atMs: 5_000 });
  times.heard('2', { epoch: 'e2', sequence: 2, atMs: 5_001 });
  expect(times.reachedAtMs(at(1_000))).toBeUndefined();
  expect(times.reachedAtMs(at(2, 'e2'))).toBe(5_001);
});
