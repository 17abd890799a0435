import type { ClientFrame, ServerFrame } from '@kuraxx/contracts';
import type { CoreEvent } from './events.ts';
import type { Send } from './outbox.ts';

/** What happens to the core. Frames and closes are of the present socket alone. */
export type Input =
  | { readonly type: 'connect' | 'disconnect' | 'opened' }
  /** The session has ended: rooms are over, sends wait no more. @param forget drops them for good */
  | { readonly type: 'sign-out'; readonly forget: boolean }
  /** The network may be back. */
  | { readonly type: 'hurry' }
  | { readonly type: 'wake' }
  | { readonly type: 'closed'; readonly code: number }
  | { readonly type: 'frame'; readonly frame: ServerFrame }
  | { readonly type: 'token'; readonly token: string }
  /** `ended`: the session is over; else the server can't be asked at the moment. */
  | { readonly type: 'no-token'; readonly ended: boolean }
  | { readonly type: 'enter'; readonly roomId: string; readonly since?: string | undefined }
  | { readonly type: 'leave' | 'typing'; readonly roomId: string }
  | { readonly type: 'send'; readonly send: Send };

type Envelope<F> = F extends { type: infer T; payload: infer P } ? { type: T; payload: P; requestId?: string } : never;

/** A frame to the server, by type. */
export type Outgoing = Envelope<ClientFrame>;

/** What the core wants done, in this order. */
export type Effect =
  /** Opens a socket; `opened` or `closed` is to follow. */
  | { readonly type: 'open' }
  /** Closes the socket and forgets it: nothing more may come from it. */
  | { readonly type: 'close' }
  | { readonly type: 'transmit'; readonly frame: Outgoing }
  /** `token` or `no-token` is to follow. With `renew` the last one was refused or has expired. */
  | { readonly type: 'token'; readonly renew: boolean }
  /** The send waits for its acknowledgement: it may be kept on disk. */
  | { readonly type: 'keep'; readonly send: Send }
  /** It waits no more. */
  | { readonly type: 'drop'; readonly tempId: string }
  | { readonly type: 'tell'; readonly event: CoreEvent };

/** An instant: everything that isn't an input comes in by this. */
export type Instant = {
  readonly nowMs: number;
  /** From 0 up to, without, 1. */
  random(): number;
};
