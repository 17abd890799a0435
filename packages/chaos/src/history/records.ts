/** A change that a client wants. */
export type Write =
  | { readonly kind: 'send'; readonly roomId: string; readonly tempId: string; readonly content: string }
  | { readonly kind: 'edit'; readonly roomId: string; readonly messageId: string; readonly content: string }
  | { readonly kind: 'delete'; readonly roomId: string; readonly messageId: string }
  | { readonly kind: 'join' | 'leave'; readonly roomId: string }
  | { readonly kind: 'add' | 'remove'; readonly roomId: string; readonly target: string };

/** `unknown`: no answer, or one that says that it may have happened. */
export type Outcome = 'acknowledged' | 'refused' | 'unknown';

/** How an attempt at a write ended. */
export type Result = {
  readonly outcome: Outcome;
  /** A status, an error code, or why there was no answer. */
  readonly said: string;
  readonly messageId?: string | undefined;
  readonly position?: string | undefined;
};

export type FrameType = 'message:saved' | 'message:update' | 'message:delete' | 'room:leave';

/** A message as a client was shown it. */
export type Shown = {
  readonly id: string;
  readonly content: string;
  readonly senderId: string;
  readonly editedAt: string | null;
};

/** What happened, as the clients and the nemesis saw it. */
export type Happening =
  /** Somebody begins to want something; its attempts carry the same `op`. */
  | { readonly type: 'write'; readonly op: number; readonly userId: string; readonly write: Write }
  | ({
      readonly type: 'attempt';
      readonly op: number;
      readonly over: string;
      /** When it was asked, in ms since 1970; the record's own time is when it ended. */
      readonly askedAt: number;
    } & Result)
  /** Connections have a number each. */
  | {
      readonly type: 'opened';
      readonly conn: number;
      readonly device: number;
      readonly userId: string;
      readonly gateway: number;
    }
  | { readonly type: 'closed'; readonly conn: number; readonly code: number }
  /** A room is asked for, from a position on or (null) from now on. */
  | { readonly type: 'asked'; readonly conn: number; readonly roomId: string; readonly since: string | null }
  | {
      readonly type: 'entered';
      readonly conn: number;
      readonly roomId: string;
      readonly position: string | null;
      readonly reset: boolean;
    }
  | { readonly type: 'turnedAway'; readonly conn: number; readonly roomId: string; readonly code: string }
  | { readonly type: 'left'; readonly conn: number; readonly roomId: string }
  /** `direct`: the answer to a repeated send, to this socket alone, which stands outside of the sequence. */
  | {
      readonly type: 'frame';
      readonly conn: number;
      readonly roomId: string;
      readonly frame: FrameType;
      readonly position: string;
      readonly prev: string | null;
      readonly direct: boolean;
      readonly messageId?: string;
      readonly content?: string;
      readonly userId?: string;
    }
  /** A consumer of the Redis channels is subscribed from now on; is not any more. */
  | { readonly type: 'subscribed' | 'unsubscribed'; readonly consumer: string }
  | { readonly type: 'heard'; readonly consumer: string; readonly channel: string; readonly text: string }
  | { readonly type: 'faultBegun'; readonly fault: string; readonly target: string }
  | { readonly type: 'faultEnded'; readonly fault: string; readonly target: string }
  /**
   * `healed`: nothing is broken any more. `calm`: all have caught up, so from here on everything goes well at the first try.
   * `quiet`: everybody has seen everything, and nothing more will come.
   */
  | { readonly type: 'phase'; readonly phase: 'healed' | 'calm' | 'quiet' }
  /** A look into a room's history, whenever: and how it was answered. */
  | {
      readonly type: 'read';
      readonly userId: string;
      readonly roomId: string;
      readonly askedAt: number;
      readonly status: number;
    }
  /** A user's whole history of a room, from all its pages, newest first. */
  | { readonly type: 'pages'; readonly userId: string; readonly roomId: string; readonly messages: readonly Shown[] }
  /** Something that must never happen, whatever is broken: an internal error, an answer that the contract doesn't know. */
  | { readonly type: 'trouble'; readonly where: string; readonly what: string };

/** A happening with its place in the history and its time in ms since 1970. */
export type Recorded = Happening & { readonly n: number; readonly at: number };

export type RecordedOf<T extends Happening['type']> = Extract<Recorded, { type: T }>;

/** All records of one type, in order. */
export const recordsOf = <T extends Happening['type']>(history: readonly Recorded[], type: T): RecordedOf<T>[] =>
  history.filter((record): record is RecordedOf<T> => record.type === type);
