import { Unavailable } from '@kuraxx/event-store';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createOutageGuard } from './outage-guard.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const never = new Promise<never>(() => undefined);

test('with the log away a request is given up within five seconds', async () => {
  const guarded = createOutageGuard(async () => true)(never, Date.now());
  const refused = expect(guarded).rejects.toBeInstanceOf(Unavailable);
  await vi.advanceTimersByTimeAsync(3_900);
  await refused;
});

test('time that was spent before counts', async () => {
  const guarded = createOutageGuard(async () => true)(never, Date.now() - 10_000);
  const refused = expect(guarded).rejects.toBeInstanceOf(Unavailable);
  await vi.advanceTimersByTimeAsync(1);
  await refused;
});

test('a log that goes away later is noticed as well', async () => {
  let away = false;
  const guarded = createOutageGuard(async () => away)(never, Date.now());
  const refused = expect(guarded).rejects.toBeInstanceOf(Unavailable);
  await vi.advanceTimersByTimeAsync(10_000);
  away = true;
  await vi.advanceTimersByTimeAsync(1_000);
  await refused;
});

test('with the log there slow work is waited for', async () => {
  const slow = new Promise((resolve) => setTimeout(() => resolve('done'), 60_000));
  const guarded = createOutageGuard(async () => false)(slow, Date.now());
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await guarded).toBe('done');
});

test('errors pass, and nothing is left ticking', async () => {
  const guarded = createOutageGuard(async () => false)(Promise.reject(new Error('no')), Date.now());
  await expect(guarded).rejects.toThrow('no');
  expect(vi.getTimerCount()).toBe(0);
});
