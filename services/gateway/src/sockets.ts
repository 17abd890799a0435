import type { TemplatedApp } from 'uWebSockets.js';
import { closeCodes, maxFrameBytes } from '@kuraxx/contracts';
import { createInbox, type Inbox } from './inbox.ts';
import type { Limits } from './limits.ts';
import { isOriginAllowed } from './origin.ts';
import { createSession, type Session, type SocketData } from './session.ts';

/** Above every bound of ours: reaching it means that a frame was skipped, so the socket is cut. */
const maxBackpressureBytes = 16 * 1024 * 1024;

export type SocketRules = {
  readonly limits: Limits;
  readonly origins: readonly string[];
  readonly anyLocalOrigin: boolean;
  readonly heartbeatIntervalMs: number;
  readonly heartbeatTimeoutMs: number;
};

/** uWebSockets pings by itself so that a live peer never gets there; it takes 8 to 960 s. */
const idleSeconds = (rules: SocketRules): number =>
  Math.min(960, Math.max(8, Math.ceil((rules.heartbeatIntervalMs + rules.heartbeatTimeoutMs) / 1000)));

export type Sockets = {
  readonly sessions: ReadonlySet<Session>;
  /** Takes no more frames of this socket. Resolves when those that it has sent are done. */
  finish(session: Session): Promise<void>;
  /** New sockets are turned away from now on. */
  refuse(): void;
};

/** Accepts sockets on any path and hands their frames on, in order. */
export const acceptSockets = (
  app: TemplatedApp,
  rules: SocketRules,
  on: {
    frame(session: Session, text: string, arrivedAtMs: number): Promise<void> | undefined;
    close(session: Session): void;
  },
): Sockets => {
  const { limits } = rules;
  const inboxes = new Map<Session, Inbox>();
  const sessions = new Set<Session>();
  let refusing = false;

  app.ws<SocketData>('/*', {
    maxPayloadLength: maxFrameBytes,
    idleTimeout: idleSeconds(rules),
    sendPingsAutomatically: true,
    maxBackpressure: maxBackpressureBytes,
    closeOnBackpressureLimit: true,
    upgrade(res, req, context) {
      if (refusing) {
        const again = 'This gateway is stopping; try again.\n';
        res.cork(() => res.writeStatus('503 Service Unavailable').writeHeader('Retry-After', '1').end(again));
        return;
      }
      const allowed = isOriginAllowed(req.getHeader('origin'), {
        origins: rules.origins,
        anyLocal: rules.anyLocalOrigin,
      });
      if (!allowed) {
        res.cork(() => res.writeStatus('403 Forbidden').end('This origin is not allowed.\n'));
        return;
      }
      res.upgrade<SocketData>(
        {},
        req.getHeader('sec-websocket-key'),
        req.getHeader('sec-websocket-protocol'),
        req.getHeader('sec-websocket-extensions'),
        context,
      );
    },
    open(ws) {
      const session = createSession(ws, Date.now());
      ws.getUserData().session = session;
      sessions.add(session);
      if (sessions.size > limits.maxConnections)
        return session.end(closeCodes.tooManyConnections, 'too many connections');
      inboxes.set(
        session,
        createInbox((text, arrivedAtMs) => on.frame(session, text, arrivedAtMs), limits),
      );
    },
    message(ws, message) {
      const { session } = ws.getUserData();
      if (session === undefined) return;
      const inbox = inboxes.get(session);
      if (inbox === undefined) return;
      // The buffer is uWebSockets' own and is gone after this call: toString copies.
      if (inbox.push(Buffer.from(message).toString(), Date.now())) return;
      inbox.clear();
      inboxes.delete(session);
      session.end(closeCodes.flood, 'too many frames');
    },
    drain(ws) {
      ws.getUserData().session?.drained();
    },
    close(ws) {
      const { session } = ws.getUserData();
      if (session === undefined) return;
      session.wasClosed();
      sessions.delete(session);
      inboxes.get(session)?.clear();
      inboxes.delete(session);
      on.close(session);
    },
  });

  return {
    sessions,
    async finish(session) {
      const inbox = inboxes.get(session);
      inboxes.delete(session);
      await inbox?.idle();
      await session.settled();
    },
    refuse() {
      refusing = true;
    },
  };
};
