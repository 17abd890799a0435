import { expect, test } from 'vitest';
import { defaultLimits as limits } from './limits.ts';
import { sessionOf as bareSession } from './session.fixture.ts';
import type { Session } from './session.ts';
import { sweep } from './sweep.ts';

const identity = (expiresAtMs: number) => ({ userId: 'u', username: 'ann', sessionId: 's', expiresAtMs });

/** A session as data, with what it was told. */
const sessionOf = (more: Partial<Session>): { session: Session; told: (string | number)[] } => {
  const told: (string | number)[] = [];
  const session = bareSession({
    send: (frame) => void told.push(frame.toString()),
    end: (code) => void told.push(code),
    ...more,
  });
  return { session, told };
};

test('has patience until the time to authenticate is over', () => {
  const { session, told } = sessionOf({});
  sweep(session, limits.authenticationTimeoutMs - 1, limits);
  expect(told).toEqual([]);
  sweep(session, limits.authenticationTimeoutMs, limits);
  expect(told).toEqual([4200]);
});

test('tells of an expired token once and closes after the grace', () => {
  const { session, told } = sessionOf({ identity: identity(1_000) });
  for (const nowMs of [999, 1_000, 1_001, 1_000 + limits.expiryGraceMs]) sweep(session, nowMs, limits);
  expect(told).toEqual([expect.stringContaining('token:expired'), 4201]);
});

test('leaves a closed socket alone', () => {
  const { session, told } = sessionOf({ closed: true });
  sweep(session, 1_000_000, limits);
  expect(told).toEqual([]);
});
