import type { ClientFrame, ClientFrameType, FrameErrorCode } from '@kuraxx/contracts';
import { type Operation, RateLimited, type Verdict } from '@kuraxx/limits';
import type { Tracing } from '@kuraxx/runtime';
import { publishRoomSignal } from '@kuraxx/signals';
import { countRefused, type FrameKind } from './counts.ts';
import { type Failure, failureOf } from './failure.ts';
import { joinRoom } from './join.ts';
import { leaveRoom } from './leave.ts';
import type { Needs } from './needs.ts';
import { type Parsed, parseFrame, type RawFrame } from './parse-frame.ts';
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

/** How a frame is answered by an error: with what is known of it, or by what was thrown. */
type Answers = {
  readonly refuse: (code: FrameErrorCode, message: string, retryAfterMs?: number) => void;
  readonly fail: (error: unknown) => void;
  /** Called when what goes on beside the socket's other frames is done. */
  readonly ended?: (() => void) | undefined;
};

const run = (
  session: Session,
  frame: ClientFrame,
  remainingMs: number,
  needs: Needs,
  { refuse, fail, ended }: Answers,
): Promise<void> | undefined => {
  const { requestId } = frame;
  if (frame.type === 'authenticate') {
    return authenticate(session, frame.payload.token, requestId, remainingMs, needs);
  }
  const { identity } = session;
  if (frame.type === 'typing:start' || frame.type === 'typing:stop') {
    const { roomId } = frame.payload;
    if (identity === undefined || !session.rooms.has(roomId)) return undefined;
    if (frame.type === 'typing:start') needs.typing.start(session, roomId);
    else needs.typing.stop(session, roomId);
    return undefined;
  }
  if (identity === undefined) {
    refuse('NOT_AUTHENTICATED', 'Authenticate first');
    ended?.();
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
      session.workBegins();
      void resumeRooms(session, identity, { rooms: frame.payload.rooms, requestId }, needs).then(() => {
        session.workEnds();
        ended?.();
      });
      return session.whenWorkBelow(needs.limits.maxResumesAtOnce);
    case 'message:new':
      return sendMessage({ session, identity, frame, deadlineMs: Date.now() + remainingMs, fail, ended }, needs);
  }
};

const goesOn: ReadonlySet<ClientFrameType> = new Set(['message:new', 'resume']);

/** A span around what a frame brings about, also where that goes on beside the socket's other frames. */
const traced = (
  tracing: Tracing,
  type: ClientFrameType,
  answers: Answers,
  handle: (answers: Answers) => Promise<void> | undefined,
): Promise<void> | undefined => {
  const [name, start] = [`ws ${type}`, { kind: 'server' } as const];
  if (!goesOn.has(type)) return tracing.span(name, start, () => handle(answers));
  let next: Promise<void> | undefined;
  void tracing.span(name, start, (span) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const fail = (error: unknown): void => {
      span.failed();
      answers.fail(error);
    };
    next = handle({ ...answers, fail, ended: resolve });
    return promise;
  });
  return next;
};

const unforeseen: Failure = { code: 'HANDLER_ERROR', message: 'Something went wrong' };

/** Of typing nobody hears that it was wrong: see the protocol. */
const isUnanswered = (type: ClientFrameType | undefined): boolean => type === 'typing:start' || type === 'typing:stop';

const isMessage = (parsed: Parsed): boolean => parsed.ok && parsed.frame.type === 'message:new';
const messageOperations: Operation[] = ['frame', 'send'];
const frameOperations: Operation[] = ['frame'];

/** Counts a frame by the socket's user and address. Undefined when there are no limits; a promise for one frame in thousands. */
const count = (session: Session, parsed: Parsed, { rates }: Needs): Verdict | Promise<Verdict> | undefined =>
  rates?.take(isMessage(parsed) ? messageOperations : frameOperations, {
    address: session.address,
    userId: session.identity?.userId,
  });

/**
 * Handles what a client has sent, messages also after it has closed the socket. Never throws: what goes wrong becomes an error frame, and the socket stays usable.
 *
 * @param arrivedAtMs waiting in line counts: the answer comes within `requestTimeoutMs` of this
 * @returns undefined when it is done already
 */
export const handleFrame = (
  session: Session,
  raw: RawFrame,
  arrivedAtMs: number,
  needs: Needs,
): Promise<void> | undefined => {
  const parsed = parseFrame(raw);
  if (session.closed && !isMessage(parsed)) return undefined; // nobody is there to be answered, but what was said is said
  const requestId = parsed.ok ? parsed.frame.requestId : parsed.requestId;
  const kind: FrameKind = parsed.ok ? parsed.frame.type : 'invalid';
  needs.counts.frames[kind] += 1;
  const refuse = (code: FrameErrorCode, message: string, retryAfterMs?: number): void => {
    countRefused(needs.counts, kind, code);
    session.send(encodeError(code, message, requestId, retryAfterMs));
  };
  const fail = (error: unknown): void => {
    const failure = failureOf(error);
    if (failure === undefined)
      needs.logger.error({ err: error, type: kind, requestId }, 'a frame could not be handled');
    const { code, message, retryAfterMs } = failure ?? unforeseen;
    refuse(code, message, retryAfterMs);
  };
  if (needs.logger.isLevelEnabled('debug')) {
    needs.logger.debug({ type: kind, requestId, userId: session.identity?.userId }, 'frame');
  }
  const proceed = (verdict: Verdict | undefined): Promise<void> | undefined => {
    if (verdict?.allowed === false) throw new RateLimited('', verdict.resetMs);
    const remainingMs = arrivedAtMs + needs.limits.requestTimeoutMs - Date.now();
    if (parsed.ok) {
      const { frame } = parsed;
      const handle = (answers: Answers) => run(session, frame, remainingMs, needs, answers);
      const answers = { refuse, fail };
      return needs.tracing === undefined ? handle(answers) : traced(needs.tracing, frame.type, answers, handle);
    }
    if (!isUnanswered(parsed.type)) refuse(parsed.code, parsed.message);
    return undefined;
  };
  try {
    const verdict = count(session, parsed, needs);
    return verdict instanceof Promise ? verdict.then(proceed).catch(fail) : proceed(verdict)?.catch(fail);
  } catch (error) {
    fail(error);
    return undefined;
  }
};
