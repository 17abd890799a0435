import type { FrameErrorCode, Message } from '@kuraxx/contracts';
import type { Send } from './outbox.ts';

/**
 * Why a room gives no more events: `closed` by this application, `removed` by somebody, `deleted`, `refused`: not a member (any more), or
 * `signed-out`: the session has ended.
 */
export type RoomOver = 'closed' | 'removed' | 'deleted' | 'refused' | 'signed-out';

type Person = { readonly userId: string; readonly username: string };

/** Where an event stands in the log: opaque, unique, and good as `since`. `timestamp`: when the gateway made the frame, in milliseconds since 1970. */
type Stands = { readonly position: string; readonly timestamp: number };

/**
 * What happens in a room. Events with a `position` are in the log: they come in its order, each once, none is left out between `entered` and
 * the next `reset` or `over`. The others come at most once.
 */
export type RoomEvent =
  /** Live from now on: load the history. */
  | { readonly type: 'entered' }
  /** The connection is cut: nothing comes until `resumed` or `reset`. */
  | { readonly type: 'away' }
  /** Live again; what was missed has just come. */
  | { readonly type: 'resumed' }
  /** Live again, but what was missed can't be given (the log was replaced, say): load the history anew. */
  | { readonly type: 'reset' }
  | { readonly type: 'over'; readonly reason: RoomOver }
  | ({ readonly type: 'message'; readonly message: Message; readonly tempId?: string | undefined } & Stands)
  | ({ readonly type: 'edited'; readonly message: Message } & Stands)
  | ({ readonly type: 'deleted'; readonly messageId: string } & Stands)
  /** Somebody was removed by somebody else. */
  | ({ readonly type: 'removed' } & Person & Stands)
  /** Somebody has joined or left, the room or with a socket alone. */
  | ({ readonly type: 'joined' | 'left' } & Person)
  | ({ readonly type: 'typing'; readonly isTyping: boolean } & Person);

/** `waiting`: cut off, the next attempt is at `retryAtMs`. `over`: until `connect` is called again. */
export type Connection =
  | { readonly phase: 'idle' | 'connecting' | 'online' }
  | { readonly phase: 'waiting'; readonly retryAtMs: number }
  /** `signed-out`: the session has ended. `turned-away`: the gateway said not to come back (close code 43xx). */
  | { readonly phase: 'over'; readonly reason: 'signed-out' | 'turned-away'; readonly code?: number | undefined };

/** Why a send will never be stored. `OUTBOX_FULL`: it was not taken in. */
export type SendRefusal = FrameErrorCode | 'OUTBOX_FULL';

export type CoreEvent =
  | { readonly type: 'connection'; readonly connection: Connection }
  | { readonly type: 'room'; readonly roomId: string; readonly event: RoomEvent }
  | ({ readonly type: 'presence'; readonly isOnline: boolean; readonly lastSeenAt: string | null } & Person)
  /** A send has been stored, for good. */
  | { readonly type: 'stored'; readonly send: Send; readonly message: Message; readonly position: string }
  | { readonly type: 'refused'; readonly send: Send; readonly code: SendRefusal; readonly message: string }
  /** The server complains about nothing in particular. */
  | { readonly type: 'problem'; readonly code: FrameErrorCode; readonly message: string };
