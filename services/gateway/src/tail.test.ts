import { expect, test } from 'vitest';
import { type PlacedFrame, placedFrame } from './placed-frame.ts';
import { createTails, type TailLimits } from './tail.ts';

const frame = (sequence: number, size = 1): PlacedFrame => ({
  ...placedFrame(sequence, 'message:saved', Buffer.from('{}'), {
    position: `e.0.${sequence}`,
    prev: null,
    roomId: 'r',
  }),
  bytes: Buffer.alloc(size),
});
const createTail = (from: number, limits: Omit<TailLimits, 'allTailsBytes'>) =>
  createTails({ ...limits, allTailsBytes: 1_000_000 }).open(from);
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

test('all tails together have a bound, and the one that was pushed to longest ago gives way', () => {
  const tails = createTails({ tailFrames: 8, tailBytes: 100, allTailsBytes: 25 });
  const [quiet, busy, held] = [tails.open(0), tails.open(0), tails.open(0)];
  held.hold();
  held.push(frame(1, 10));
  quiet.push(frame(2, 10));
  busy.push(frame(3, 5));
  busy.push(frame(4, 5)); // one too many
  expect(quiet.after(0)).toBeUndefined();
  expect(quiet.after(2)).toEqual([]);
  expect(sequences(held.after(0))).toEqual([1]);
  expect(sequences(busy.after(0))).toEqual([3, 4]);
  quiet.push(frame(5, 5)); // goes on from there
  expect(sequences(quiet.after(2))).toEqual([5]);
  busy.close();
  quiet.push(frame(6, 10)); // a closed one takes nothing
  expect(sequences(quiet.after(2))).toEqual([5, 6]);
});
