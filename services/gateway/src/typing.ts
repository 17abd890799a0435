import { publishRoomSignal } from '@kuraxx/signals';
import type { NatsConnection } from 'nats';
import type { Session } from './session.ts';

/** Typing indicators: told to all gateways by a signal, never by a second way. */
export type Typing = {
  start(session: Session, roomId: string): void;
  stop(session: Session, roomId: string): void;
  /** Stops the indicator when the socket shows one; for leaving and closing. */
  clear(session: Session, roomId: string): void;
};

/** @param expiryMs after this time without another start it stops by itself, so that a lost stop can't leave somebody typing for ever */
export const createTyping = (nats: NatsConnection, expiryMs: number): Typing => {
  const tell = (type: 'typing:start' | 'typing:stop', session: Session, roomId: string): void => {
    const { identity } = session;
    if (identity === undefined || nats.isClosed()) return;
    publishRoomSignal(nats, { type, roomId, userId: identity.userId, username: identity.username });
  };
  const forget = (session: Session, roomId: string): boolean => {
    const timer = session.typing.get(roomId);
    clearTimeout(timer);
    return session.typing.delete(roomId);
  };
  const stop = (session: Session, roomId: string): void => {
    forget(session, roomId);
    tell('typing:stop', session, roomId);
  };
  return {
    start(session, roomId) {
      forget(session, roomId);
      session.typing.set(
        roomId,
        setTimeout(() => stop(session, roomId), expiryMs),
      );
      tell('typing:start', session, roomId);
    },
    stop,
    clear(session, roomId) {
      if (session.typing.has(roomId)) stop(session, roomId);
    },
  };
};
