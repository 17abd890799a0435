import { closeCodes } from '@kuraxx/contracts';
import type { Limits } from './limits.ts';
import { encodeFrame } from './server-frame.ts';
import type { Session } from './session.ts';

/**
 * Looks at one socket's deadlines. One pass over all sockets now and then instead of
 * timers for each: a hundred thousand timers cost more than they tell.
 */
export const sweep = (session: Session, nowMs: number, limits: Limits): void => {
  if (session.closed) return;
  const { identity } = session;
  if (identity === undefined) {
    if (nowMs - session.openedAtMs < limits.authenticationTimeoutMs) return;
    return session.end(closeCodes.authenticationTimeout, 'not authenticated in time');
  }
  if (nowMs < identity.expiresAtMs) return;
  if (!session.expiryTold) {
    session.expiryTold = true;
    session.send(encodeFrame('token:expired', { closesInMs: limits.expiryGraceMs }));
  }
  if (nowMs >= identity.expiresAtMs + limits.expiryGraceMs) session.end(closeCodes.tokenExpired, 'token has expired');
};
