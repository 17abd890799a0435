import type { WebSocket } from 'uWebSockets.js';
import { closeCodes } from '@kuraxx/contracts';
import type { RoomChannel } from './room-channel.ts';

/** Who has authenticated on a socket. */
export type Identity = {
  readonly userId: string;
  readonly username: string;
  /** The sign-in behind the token. */
  readonly sessionId: string;
  /** When the token expires, in milliseconds since 1970. */
  readonly expiresAtMs: number;
};

/** What uWebSockets keeps with a socket. */
export type SocketData = {
  readonly address: string;
  session?: Session;
  /** It is counted and must be discounted. */
  isAdmitted?: boolean;
};

/** A room that a socket has joined. */
export type JoinedRoom = {
  /** The last message of this socket that was stored, 0 without one: the client hears of it by the room's feed. */
  lastSent: number;
  /** Where it has been sent everything from: the client has named a position. Else it is shown what comes. */
  readonly since: number | undefined;
  readonly channel: RoomChannel;
  /** Gives up the socket's share in the channel. */
  readonly release: () => void;
};

/** One socket. */
export type Session = {
  readonly openedAtMs: number;
  /** Where it comes from, as limits count it. */
  readonly address: string;
  readonly rooms: Map<string, JoinedRoom>;
  /** Rooms that it is on its way into. Whoever takes the entry away stops it there. */
  readonly entering: Map<string, object>;
  /** Rooms in which the user is shown as typing from this socket. */
  readonly typing: Map<string, NodeJS.Timeout>;
  identity: Identity | undefined;
  /** An error frame has told the client of the token's expiry. */
  expiryTold: boolean;
  /** Nothing may touch the socket any more. */
  readonly closed: boolean;
  /** Called at uWebSockets' close event. */
  wasClosed(): void;
  /** Resolves then. */
  whenClosed(): Promise<void>;
  /** Sends a text frame; does nothing on a closed socket. Ordered with what topics published before it. */
  send(frame: string | Buffer): void;
  subscribe(topic: string): void;
  unsubscribe(topic: string): void;
  /** Frames that `work` sends go out in few writes instead of one each. */
  cork(work: () => void): void;
  /** Bytes that the client has not taken yet. */
  unsentBytes(): number;
  /** Resolves when no more than so many bytes are unsent, or the socket is closed. */
  whenUnsentBelow(bytes: number): Promise<void>;
  /** Called when uWebSockets has got rid of some bytes: looks who waits for that. */
  drained(): void;
  /** Work that goes on beside the socket's other frames. It never rejects. */
  inBackground(work: Promise<void>): void;
  /** Resolves when no such work goes on. */
  settled(): Promise<void>;
  /** Ends it at once, without a code; does nothing on a closed socket. */
  cut(): void;
  /** Starts the closing handshake; does nothing on a closed socket. */
  end(code: (typeof closeCodes)[keyof typeof closeCodes], reason: string): void;
};

/** The session of a socket that has just been opened. */
export const createSession = (socket: WebSocket<SocketData>, address: string, nowMs: number): Session => {
  let waiting: { readonly bytes: number; readonly resolve: () => void }[] = [];
  const background = new Set<Promise<void>>();
  let isClosed = false;
  const closed = Promise.withResolvers<void>();
  const session: Session = {
    openedAtMs: nowMs,
    address,
    rooms: new Map(),
    entering: new Map(),
    typing: new Map(),
    identity: undefined,
    expiryTold: false,
    get closed() {
      return isClosed;
    },
    wasClosed() {
      isClosed = true;
      session.drained();
      closed.resolve();
    },
    whenClosed: () => closed.promise,
    send(frame) {
      if (!session.closed) socket.send(frame, false);
    },
    subscribe(topic) {
      if (!session.closed) socket.subscribe(topic);
    },
    unsubscribe(topic) {
      if (!session.closed) socket.unsubscribe(topic);
    },
    cork(work) {
      if (!session.closed) socket.cork(work);
    },
    unsentBytes: () => (session.closed ? 0 : socket.getBufferedAmount()),
    whenUnsentBelow: (bytes) =>
      session.unsentBytes() <= bytes
        ? Promise.resolve()
        : new Promise((resolve) => void waiting.push({ bytes, resolve })),
    drained() {
      if (waiting.length === 0) return;
      const unsent = session.unsentBytes();
      const [still, done] = [
        waiting.filter(({ bytes }) => bytes < unsent),
        waiting.filter(({ bytes }) => bytes >= unsent),
      ];
      waiting = still;
      for (const { resolve } of done) resolve();
    },
    inBackground(work) {
      background.add(work);
      void work.then(() => background.delete(work));
    },
    settled: async () => void (await Promise.all(background)),
    cut() {
      if (!session.closed) socket.close();
    },
    end(code, reason) {
      if (!session.closed) socket.end(code, reason);
    },
  };
  return session;
};
