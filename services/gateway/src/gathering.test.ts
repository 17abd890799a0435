import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createGathering, pauseMsFor } from './gathering.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const gathering = (pauseMs = 4) => {
  const out: number[] = [];
  return {
    out,
    ...createGathering<number>(
      (frame) => out.push(frame),
      () => pauseMs,
    ),
  };
};

test('a frame after a pause goes out at once, those that follow fast go out together', () => {
  const { out, push } = gathering();
  for (const frame of [1, 2, 3]) push(frame);
  expect(out).toEqual([1]);
  vi.advanceTimersByTime(4);
  expect(out).toEqual([1, 2, 3]);
  push(4);
  expect(out).toEqual([1, 2, 3]);
  vi.advanceTimersByTime(4);
  expect(out).toEqual([1, 2, 3, 4]);
  vi.advanceTimersByTime(200);
  push(5);
  expect(out).toEqual([1, 2, 3, 4, 5]);
});

test('where several went together a moment ago the first waits for the next ones, until it stays alone', () => {
  const { out, push } = gathering();
  for (const frame of [1, 2, 3]) push(frame);
  vi.advanceTimersByTime(10);
  push(4);
  expect(out).toEqual([1, 2, 3]);
  push(5);
  vi.advanceTimersByTime(4);
  expect(out).toEqual([1, 2, 3, 4, 5]);
  vi.advanceTimersByTime(100);
  push(6);
  expect(out).toEqual([1, 2, 3, 4, 5, 6]);
});

test('whatever is pushed and flushed whenever, all goes out once, in order, within a pause', () => {
  const step = fc.oneof(fc.constant('push' as const), fc.constant('flush' as const), fc.record({ waitMs: fc.nat(5) }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), fc.integer({ min: 0, max: 5 }), (steps, pauseMs) => {
      const { out, push, flush } = gathering(pauseMs);
      let pushed = 0;
      for (const one of steps) {
        if (one === 'push') push(pushed++);
        else if (one === 'flush') flush();
        else vi.advanceTimersByTime(one.waitMs);
        if (one === 'flush' || pauseMs === 0) expect(out).toHaveLength(pushed);
      }
      vi.advanceTimersByTime(pauseMs);
      expect(out).toEqual(Array.from({ length: pushed }, (_, index) => index));
    }),
  );
});

test('what is gathered is bounded', () => {
  const { out, push } = gathering();
  for (let frame = 0; frame < 100; frame++) push(frame);
  expect(out.length).toBeGreaterThan(64);
});

test('small rooms wait for nothing, and nobody waits long', () => {
  expect(pauseMsFor(49)).toBe(0);
  expect(pauseMsFor(1_000)).toBe(4);
  expect(pauseMsFor(50_000)).toBe(5);
});
