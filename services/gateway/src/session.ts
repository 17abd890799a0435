import type { WebSocket } from 'uWebSockets.js';
import type { closeCodes, FrameEncoding } from '@kuraxx/contracts';
import type { Verdict } from '@kuraxx/limits';
import type { ChannelShare } from './channels.ts';
import { FewMap } from './few-map.ts';
import { packed } from './msgpack.ts';
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
  readonly encoding: FrameEncoding;
  /** Whether its address may open another socket, where that wasn't known at once. */
  verdict?: Promise<Verdict> | undefined;
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
  /** The socket's share in the channel: to be released. */
  readonly share: Pick<ChannelShare, 'release'>;
};

/** A room that a socket is on its way into; `over` resolves when it is in, or isn't any more. */
export type Entering = { readonly over: Promise<void> };

/** One socket. */
export type Session = {
  readonly openedAtMs: number;
  /** Where it comes from, as limits count it. */
  readonly address: string;
  /** How its frames are encoded, in both directions. */
  readonly encoding: FrameEncoding;
  readonly rooms: FewMap<string, JoinedRoom>;
  /** Rooms that it is on its way into. Whoever takes the entry away stops it there. */
  readonly entering: FewMap<string, Entering>;
  /** Rooms in which the user is shown as typing from this socket. */
  readonly typing: FewMap<string, NodeJS.Timeout>;
  identity: Identity | undefined;
  /** An error frame has told the client of the token's expiry. */
  expiryTold: boolean;
  /** Nothing may touch the socket any more. */
  readonly closed: boolean;
  /** It was closed by `cut` or `end`. */
  readonly endedHere: boolean;
  /** Called at uWebSockets' close event. */
  wasClosed(): void;
  /** Resolves then. */
  whenClosed(): Promise<void>;
  /** Sends a frame, given as JSON, in the socket's encoding; does nothing on a closed socket. Ordered with what topics published before it. */
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
  /** Work for the client goes on beside its other frames; as often as this is called `workEnds` is to be. */
  workBegins(): void;
  workEnds(): void;
  /** @returns a promise for less than so much such work, undefined when it is less already */
  whenWorkBelow(count: number): Promise<void> | undefined;
  /** The last of its messages that has to be looked something up for, and is not on its way to the log yet. */
  slowSend: Promise<void> | undefined;
  /** Does nothing on a closed socket. */
  ping(): void;
  /** Ends it at once, without a code; does nothing on a closed socket. */
  cut(): void;
  /** Starts the closing handshake; does nothing on a closed socket. */
  end(code: (typeof closeCodes)[keyof typeof closeCodes], reason: string): void;
};

type Waiting = { readonly most: number; readonly resolve: () => void };

/** Resolves those who wait for no more than `now`. @returns the others */
const resolveUpTo = (waiting: readonly Waiting[], now: number): readonly Waiting[] => {
  const still = waiting.filter(({ most }) => most < now);
  if (still.length === waiting.length) return waiting;
  for (const { most, resolve } of waiting) if (most >= now) resolve();
  return still;
};

const nobody: readonly Waiting[] = [];

/** A class, not closures: there are tens of thousands, and most are idle. */
class SocketSession implements Session {
  readonly openedAtMs: number;
  readonly address: string;
  readonly encoding: FrameEncoding;
  readonly rooms = new FewMap<string, JoinedRoom>();
  readonly entering = new FewMap<string, Entering>();
  readonly typing = new FewMap<string, NodeJS.Timeout>();
  identity: Identity | undefined = undefined;
  expiryTold = false;
  slowSend: Promise<void> | undefined = undefined;
  closed = false;
  endedHere = false;
  readonly #socket: WebSocket<SocketData>;
  #work = 0;
  #waitForWork = nobody;
  #waitForUnsent = nobody;
  #waitForClose = nobody;

  constructor(socket: WebSocket<SocketData>, { address, encoding }: SocketData, nowMs: number) {
    this.#socket = socket;
    this.address = address;
    this.encoding = encoding;
    this.openedAtMs = nowMs;
  }

  wasClosed(): void {
    this.closed = true;
    this.drained();
    this.#waitForClose = resolveUpTo(this.#waitForClose, 0);
  }

  whenClosed(): Promise<void> {
    if (this.closed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waitForClose = [...this.#waitForClose, { most: 0, resolve }];
    });
  }

  send(frame: string | Buffer): void {
    if (this.closed) return;
    if (this.encoding === 'json')
      this.#socket.send(frame, false, true); // compressed where it was agreed on, else not
    else this.#socket.send(packed(frame), true, true);
  }

  subscribe(topic: string): void {
    if (!this.closed) this.#socket.subscribe(topic);
  }

  unsubscribe(topic: string): void {
    if (!this.closed) this.#socket.unsubscribe(topic);
  }

  cork(work: () => void): void {
    if (!this.closed) this.#socket.cork(work);
  }

  unsentBytes(): number {
    return this.closed ? 0 : this.#socket.getBufferedAmount();
  }

  whenUnsentBelow(bytes: number): Promise<void> {
    if (this.unsentBytes() <= bytes) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waitForUnsent = [...this.#waitForUnsent, { most: bytes, resolve }];
    });
  }

  drained(): void {
    if (this.#waitForUnsent.length > 0) this.#waitForUnsent = resolveUpTo(this.#waitForUnsent, this.unsentBytes());
  }

  workBegins(): void {
    this.#work += 1;
  }

  workEnds(): void {
    this.#work -= 1;
    if (this.#waitForWork.length > 0) this.#waitForWork = resolveUpTo(this.#waitForWork, this.#work);
  }

  whenWorkBelow(count: number): Promise<void> | undefined {
    if (this.#work < count) return undefined;
    return new Promise((resolve) => {
      this.#waitForWork = [...this.#waitForWork, { most: count - 1, resolve }];
    });
  }

  ping(): void {
    if (!this.closed) this.#socket.ping();
  }

  cut(): void {
    if (this.closed) return;
    this.endedHere = true;
    this.#socket.close();
  }

  end(code: (typeof closeCodes)[keyof typeof closeCodes], reason: string): void {
    if (this.closed) return;
    this.endedHere = true;
    this.#socket.end(code, reason);
  }
}

/** The session of a socket that has just been opened. */
export const createSession = (socket: WebSocket<SocketData>, data: SocketData, nowMs: number): Session =>
  new SocketSession(socket, data, nowMs);
