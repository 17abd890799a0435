import type { WebSocket } from 'uWebSockets.js';
import { closeCodes } from '@kuraxx/contracts';
import type { RoomChannel } from './room-channel.ts';

/** Who has authenticated on a socket. */
export type Identity = {
  readonly userId: string;
  readonly username: string;
  /** When the token expires, in milliseconds since 1970. */
  readonly expiresAtMs: number;
};

/** What uWebSockets keeps with a socket. */
export type SocketData = { session?: Session };

/** A room that a socket has joined. */
export type JoinedRoom = {
  readonly channel: RoomChannel;
  /** Gives up the socket's share in the channel. */
  readonly release: () => void;
};

/** One socket. */
export type Session = {
  readonly openedAtMs: number;
  readonly rooms: Map<string, JoinedRoom>;
  /** Rooms in which the user is shown as typing from this socket. */
  readonly typing: Map<string, NodeJS.Timeout>;
  identity: Identity | undefined;
  /** An error frame has told the client of the token's expiry. */
  expiryTold: boolean;
  /** Set by uWebSockets' close event; nothing may touch the socket after it. */
  closed: boolean;
  /** Sends a text frame; does nothing on a closed socket. Ordered with what topics published before it. */
  send(frame: string | Buffer): void;
  subscribe(topic: string): void;
  unsubscribe(topic: string): void;
  /** Bytes that the client has not taken yet. */
  unsentBytes(): number;
  /** Starts the closing handshake; does nothing on a closed socket. */
  end(code: (typeof closeCodes)[keyof typeof closeCodes], reason: string): void;
};

/** The session of a socket that has just been opened. */
export const createSession = (socket: WebSocket<SocketData>, nowMs: number): Session => {
  const session: Session = {
    openedAtMs: nowMs,
    rooms: new Map(),
    typing: new Map(),
    identity: undefined,
    expiryTold: false,
    closed: false,
    send(frame) {
      if (!session.closed) socket.send(frame, false);
    },
    subscribe(topic) {
      if (!session.closed) socket.subscribe(topic);
    },
    unsubscribe(topic) {
      if (!session.closed) socket.unsubscribe(topic);
    },
    unsentBytes: () => (session.closed ? 0 : socket.getBufferedAmount()),
    end(code, reason) {
      if (!session.closed) socket.end(code, reason);
    },
  };
  return session;
};
