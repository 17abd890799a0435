import fc from 'fast-check';
import { expect, test } from 'vitest';
import { idleSeconds, isPingDue } from './heartbeat.ts';

test('however irregular the looks, there is one ping an interval, and none twice', () => {
  const looks = fc.array(fc.integer({ min: 1, max: 30_000 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(fc.nat({ max: 100_000 }), looks, (openedAtMs, gapsMs) => {
      let beforeMs = openedAtMs;
      const pings: number[] = [];
      for (const gapMs of gapsMs) {
        const nowMs = beforeMs + gapMs;
        if (isPingDue(openedAtMs, beforeMs, nowMs, 30_000)) pings.push(nowMs);
        beforeMs = nowMs;
      }
      expect(pings).toHaveLength(Math.floor((beforeMs - openedAtMs) / 30_000));
    }),
  );
});

test('a socket that was opened after the look before is not pinged at once', () => {
  expect(isPingDue(1_000, 900, 1_100, 30_000)).toBe(false);
  expect(isPingDue(1_000, 30_900, 31_000, 30_000)).toBe(true);
});

test('a socket that was opened by a clock which is ahead, or was set back since, is pinged as often', () => {
  for (const openedAtMs of [-3_600_000, 3_600_000]) {
    const due = Array.from({ length: 300 }, (_, look) => isPingDue(openedAtMs, look * 1000, (look + 1) * 1000, 30_000));
    expect(due.filter(Boolean)).toHaveLength(10);
  }
});

test.each([
  ['as long as is set', 30_000, 60_000, 60],
  ['but a ping can be answered', 30_000, 10_000, 38],
  ['within what uWebSockets takes', 10, 20, 9],
  ['at most', 1_000_000, 2_000_000, 960],
])('a silent socket is closed after a time: %s', (_which, heartbeatIntervalMs, heartbeatTimeoutMs, seconds) => {
  expect(idleSeconds({ heartbeatIntervalMs, heartbeatTimeoutMs })).toBe(seconds);
});
