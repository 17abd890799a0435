import { DISABLED, SHARED_COMPRESSOR, SHARED_DECOMPRESSOR, type TemplatedApp } from 'uWebSockets.js';
import { closeCodes, maxFrameBytes } from '@kuraxx/contracts';
import type { Verdict } from '@kuraxx/limits';
import { createAdmission } from './admission.ts';
import { type Counts, countClose, countRefused } from './counts.ts';
import { type Heartbeat, idleSeconds } from './heartbeat.ts';
import { createInbox, type Inbox } from './inbox.ts';
import type { Limits } from './limits.ts';
import { parseFrame, type RawFrame } from './parse-frame.ts';
import { encodeError } from './server-frame.ts';
import { createSession, type Session, type SocketData } from './session.ts';
import { refuseUpgrade, type UpgradeRules, upgradeSocket } from './upgrade.ts';

/** Above every bound of ours: reaching it means that a frame was skipped, so the socket is cut. */
const maxBackpressureBytes = 16 * 1024 * 1024;

/** uWebSockets cuts what is longer without a word: a frame that is somewhat too long can still be told so. */
const maxReadBytes = 4 * maxFrameBytes;

export type SocketRules = UpgradeRules &
  Heartbeat & {
    readonly limits: Limits;
    readonly compression?: boolean;
  };

/** Read for its type and requestId alone. */
const refusalOf = (raw: RawFrame, retryAfterMs: number, counts: Counts): string => {
  const parsed = parseFrame(raw);
  const kind = parsed.ok ? parsed.frame.type : 'invalid';
  counts.frames[kind] += 1;
  countRefused(counts, kind, 'RATE_LIMITED');
  const requestId = parsed.ok ? parsed.frame.requestId : parsed.requestId;
  return encodeError('RATE_LIMITED', 'Too many frames', requestId, retryAfterMs);
};

/** Its frames are handled meanwhile: each of them is limited by itself. */
const endIfRefused = async (session: Session, verdict: Promise<Verdict>): Promise<void> => {
  const { allowed, resetMs } = await verdict;
  if (allowed || session.closed) return;
  session.send(encodeError('RATE_LIMITED', 'Too many requests; try again later', undefined, resetMs));
  session.end(closeCodes.full, 'too many requests of this address');
};

/**
 * How a gateway that stops answers who still comes: by the `status` 503, or by a socket that it `close`s at once with 1012. The latter
 * where processes share the port: the kernel has handed over a few before the port was left, and their clients must only try again.
 */
export type Refusal = 'status' | 'close';

export type Sockets = {
  readonly sessions: ReadonlySet<Session>;
  /** Takes no more frames of this socket. Resolves when those that it has sent are done. */
  finish(session: Session): Promise<void>;
  /** New sockets are turned away from now on. */
  refuse(by: Refusal): void;
};

/** Accepts sockets on any path and hands their frames on, in order. */
export const acceptSockets = (
  app: TemplatedApp,
  rules: SocketRules,
  on: {
    readonly frame: (session: Session, raw: RawFrame, arrivedAtMs: number) => Promise<void> | undefined;
    close(session: Session): void;
  },
  counts: Counts,
): Sockets => {
  const { limits } = rules;
  const inboxes = new Map<Session, Inbox>();
  const sessions = new Set<Session>();
  const admission = createAdmission(limits);
  let refusing: Refusal | undefined;

  app.ws<SocketData>('/*', {
    // Nothing is kept between messages: a socket costs no more memory, and what is unpacked is no longer than the line below says
    compression: rules.compression === true ? SHARED_COMPRESSOR | SHARED_DECOMPRESSOR : DISABLED,
    maxPayloadLength: maxReadBytes,
    idleTimeout: idleSeconds(rules),
    sendPingsAutomatically: false,
    maxBackpressure: maxBackpressureBytes,
    closeOnBackpressureLimit: true,
    upgrade(res, req, context) {
      if (refusing !== 'status') return upgradeSocket(res, req, context, rules);
      refuseUpgrade(res, 503, 'This gateway is stopping; try again.\n', { 'Retry-After': '1' });
    },
    open(ws) {
      const data = ws.getUserData();
      const session = createSession(ws, data, Date.now());
      data.session = session;
      sessions.add(session);
      // It asked before, and the answer came after; or it is to hear of it so.
      if (refusing !== undefined) return session.end(closeCodes.restarting, 'restarting');
      const surplus = admission.enter(data.address);
      if (surplus === 'gateway') return session.end(closeCodes.full, 'this gateway is full');
      if (surplus === 'address')
        return session.end(closeCodes.tooManyConnections, 'too many connections of this address');
      data.isAdmitted = true;
      if (data.verdict !== undefined) void endIfRefused(session, data.verdict);
      data.verdict = undefined;
      inboxes.set(session, createInbox(session, on.frame, limits));
    },
    message(ws, message, isBinary) {
      const { session } = ws.getUserData();
      if (session === undefined) return;
      const inbox = inboxes.get(session);
      if (inbox === undefined) return;
      const close = (code: 'flood' | 'frameTooLarge', reason: string): void => {
        inbox.clear();
        inboxes.delete(session);
        session.end(closeCodes[code], reason);
      };
      if (message.byteLength > maxFrameBytes) return close('frameTooLarge', 'a frame is too large');
      // The buffer is uWebSockets' own and is gone after this call: both copy it.
      const isPacked = isBinary && session.encoding === 'msgpack';
      const raw = isPacked ? Buffer.from(new Uint8Array(message)) : Buffer.from(message).toString();
      const pushed = inbox.push(raw, Date.now());
      if (pushed.is === 'flood') return close('flood', 'too many frames');
      if (pushed.is === 'refused') session.send(refusalOf(raw, pushed.retryAfterMs, counts));
    },
    drain(ws) {
      ws.getUserData().session?.drained();
    },
    dropped() {
      counts.dropped += 1;
    },
    close(ws, code) {
      countClose(counts, code);
      const { session, address, isAdmitted } = ws.getUserData();
      if (isAdmitted === true) admission.leave(address);
      if (session === undefined) return;
      session.wasClosed();
      sessions.delete(session);
      const inbox = inboxes.get(session);
      inboxes.delete(session);
      // A client that has closed it had sent what it has sent; whom we have sent away is not heard any more
      if (session.endedHere) inbox?.clear();
      const rest = session.endedHere ? undefined : inbox?.idle();
      if (rest === undefined) on.close(session);
      else void rest.then(() => on.close(session));
    },
  });

  return {
    sessions,
    async finish(session) {
      const inbox = inboxes.get(session);
      inboxes.delete(session);
      await inbox?.idle();
      await session.whenWorkBelow(1);
    },
    refuse(by) {
      refusing = by;
    },
  };
};
