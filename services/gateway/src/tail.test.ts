import { expect, test } from 'vitest';
import { createTail } from './tail.ts';

const frame = (sequence: number, size = 1) => ({ sequence, bytes: Buffer.alloc(size) });
const sequences = (frames: readonly { sequence: number }[] | undefined) => frames?.map(({ sequence }) => sequence);

test('gives what came after a position', () => {
  const tail = createTail(10, { tailFrames: 8, tailBytes: 100 });
  for (const sequence of [12, 15, 20]) tail.push(frame(sequence));
  expect(sequences(tail.after(10))).toEqual([12, 15, 20]);
  expect(sequences(tail.after(13))).toEqual([15, 20]);
  expect(sequences(tail.after(20))).toEqual([]);
});

test('does not pretend to know what was before it', () => {
  const tail = createTail(10, { tailFrames: 8, tailBytes: 100 });
  expect(tail.after(9)).toBeUndefined();
});

test('forgets the oldest past its number of frames and says so', () => {
  const tail = createTail(0, { tailFrames: 2, tailBytes: 100 });
  for (const sequence of [1, 2, 3]) tail.push(frame(sequence));
  expect(tail.after(0)).toBeUndefined();
  expect(sequences(tail.after(1))).toEqual([2, 3]);
});

test('forgets the oldest past its bytes, all of them if need be', () => {
  const tail = createTail(0, { tailFrames: 8, tailBytes: 10 });
  tail.push(frame(1, 6));
  tail.push(frame(2, 6));
  expect(sequences(tail.after(1))).toEqual([2]);
  tail.push(frame(3, 11));
  expect(tail.after(2)).toBeUndefined();
  expect(sequences(tail.after(3))).toEqual([]);
});

test('while it is held it keeps what comes, and is as short as before afterwards', () => {
  const tail = createTail(0, { tailFrames: 2, tailBytes: 100 });
  const release = tail.hold();
  for (const sequence of [1, 2, 3, 4]) tail.push(frame(sequence));
  expect(sequences(tail.after(0))).toEqual([1, 2, 3, 4]);
  release();
  expect(tail.after(0)).toBeUndefined();
  expect(sequences(tail.after(2))).toEqual([3, 4]);
});

test('held, it still has a bound', () => {
  const tail = createTail(0, { tailFrames: 2, tailBytes: 10 });
  tail.hold();
  for (let sequence = 1; sequence <= 17; sequence++) tail.push(frame(sequence, 10));
  expect(tail.after(0)).toBeUndefined();
  expect(tail.after(1)).toHaveLength(16);
});
