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
  const guarded = createOutageGuard(() => true)(never);
  const refused = expect(guarded).rejects.toBeInstanceOf(Unavailable);
  await vi.advanceTimersByTimeAsync(4_900);
  await refused;
});

test('with the log there slow work is waited for', async () => {
  const slow = new Promise((resolve) => setTimeout(() => resolve('done'), 60_000));
  const guarded = createOutageGuard(() => false)(slow);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await guarded).toBe('done');
});

test('errors pass, and nothing is left ticking', async () => {
  await expect(createOutageGuard(() => false)(Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(vi.getTimerCount()).toBe(0);
});
