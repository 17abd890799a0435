import { closeCodes } from '@kuraxx/contracts';
import { leaveAllRooms } from './leave.ts';
import type { Needs } from './needs.ts';
import { encodeFrame } from './server-frame.ts';
import type { Session } from './session.ts';
import { within } from './within.ts';

/** The socket's user has gone from it: by its close, or because somebody else signs in on it. */
export const forgetUser = (
  session: Session,
  needs: Pick<Needs, 'directory' | 'presence' | 'userRooms' | 'typing'>,
): void => {
  const { identity } = session;
  leaveAllRooms(session, needs.typing);
  session.identity = undefined;
  if (identity === undefined || !needs.directory.remove(identity.userId, session)) return;
  needs.userRooms.remove(identity.userId);
  needs.presence.gone(identity.userId);
};

/**
 * `authenticate`: may be sent again, with a newer token or as somebody else (who starts without rooms). A token that is
 * refused changes nothing.
 *
 * @throws {Refusal} @throws {Unavailable}
 */
export const authenticate = async (
  session: Session,
  token: string,
  requestId: string | undefined,
  remainingMs: number,
  needs: Needs,
): Promise<void> => {
  const admit = async () => {
    const caller = await needs.commands.accounts.authenticate(token);
    await needs.signOuts.admit(caller);
    return caller;
  };
  const { userId, username, sessionId, expiresAtMs } = await within(admit(), remainingMs, 'authenticate');
  // Nothing is awaited from here on: a sign-out that comes next finds the socket in the directory
  if (session.closed) return;
  const isNew = session.identity?.userId !== userId;
  if (isNew && needs.directory.count(userId) >= needs.limits.maxConnectionsPerUser) {
    return session.end(closeCodes.tooManyConnections, 'too many connections of this user');
  }
  if (session.identity !== undefined && isNew) forgetUser(session, needs);
  session.identity = { userId, username, sessionId, expiresAtMs };
  session.expiryTold = false;
  session.send(encodeFrame('authenticated', { userId, username }, requestId));
  const isFirst = needs.directory.add(userId, session);
  if (isFirst) needs.userRooms.add(userId);
  needs.presence.authenticated({ userId, username }, isFirst);
};
