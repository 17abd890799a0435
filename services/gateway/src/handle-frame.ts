import type { ClientFrame } from '@kuraxx/contracts';
import { publishRoomSignal } from '@kuraxx/signals';
import { failureOf } from './failure.ts';
import { joinRoom } from './join.ts';
import { leaveRoom } from './leave.ts';
import type { Needs } from './needs.ts';
import { parseFrame } from './parse-frame.ts';
import { resumeRooms } from './resume.ts';
import { sendMessage } from './send-message.ts';
import { encodeError, encodeFrame } from './server-frame.ts';
import type { Identity, Session } from './session.ts';
import { authenticate } from './sign-in.ts';

const leave = (session: Session, identity: Identity, roomId: string, requestId: string | undefined, needs: Needs) => {
  const wasIn = leaveRoom(session, roomId, needs.typing);
  session.send(encodeFrame('room:leave', { roomId, success: true }, requestId));
  if (!wasIn || !needs.natsState.isConnected()) return;
  publishRoomSignal(needs.nats, { type: 'room:leave', roomId, userId: identity.userId, username: identity.username });
};

const run = (session: Session, frame: ClientFrame, remainingMs: number, needs: Needs): Promise<void> | undefined => {
  const { requestId } = frame;
  if (frame.type === 'authenticate') {
    return authenticate(session, frame.payload.token, requestId, remainingMs, needs);
  }
  const { identity } = session;
  if (frame.type === 'typing:start' || frame.type === 'typing:stop') {
    const { roomId } = frame.payload;
    if (identity === undefined || !session.rooms.has(roomId)) return undefined; // never an error: see the protocol
    if (frame.type === 'typing:start') needs.typing.start(session, roomId);
    else needs.typing.stop(session, roomId);
    return undefined;
  }
  if (identity === undefined) {
    session.send(encodeError('NOT_AUTHENTICATED', 'Authenticate first', requestId));
    return undefined;
  }
  switch (frame.type) {
    case 'room:join':
      return joinRoom(
        session,
        identity,
        { ...frame.payload, since: frame.payload.since, requestId },
        remainingMs,
        needs,
      );
    case 'room:leave':
      leave(session, identity, frame.payload.roomId, requestId, needs);
      return undefined;
    case 'resume':
      // It may take long, and a room that is being replayed is no reason to let the user's sends wait.
      session.inBackground(resumeRooms(session, identity, { rooms: frame.payload.rooms, requestId }, needs));
      return undefined;
    case 'message:new':
      return sendMessage(session, identity, frame, remainingMs, needs);
  }
};

/**
 * Handles what a client has sent. Never throws: what goes wrong becomes an error frame, and the socket stays usable.
 *
 * @param arrivedAtMs waiting in line counts: the answer comes within `requestTimeoutMs` of this
 * @returns undefined when it is done already
 */
export const handleFrame = (
  session: Session,
  text: string,
  arrivedAtMs: number,
  needs: Needs,
): Promise<void> | undefined => {
  if (session.closed) return undefined;
  const parsed = parseFrame(text);
  if (!parsed.ok) {
    session.send(encodeError(parsed.code, parsed.message, parsed.requestId));
    return undefined;
  }
  const { frame } = parsed;
  const fail = (error: unknown): void => {
    const failure = failureOf(error);
    if (failure === undefined) needs.logger.error({ err: error, type: frame.type }, 'a frame could not be handled');
    const { code, message } = failure ?? { code: 'HANDLER_ERROR' as const, message: 'Something went wrong' };
    session.send(encodeError(code, message, frame.requestId));
  };
  try {
    return run(session, frame, arrivedAtMs + needs.limits.requestTimeoutMs - Date.now(), needs)?.catch(fail);
  } catch (error) {
    fail(error);
    return undefined;
  }
};
