import type { BackOff } from './back-off.ts';

/** Times in milliseconds. */
export type Rules = {
  readonly reconnect: BackOff;
  /** For rooms and sends that the server can't take at the moment. */
  readonly retry: BackOff;
  /** A connection that has lasted this long lets the next back-off start anew. */
  readonly steadyMs: number;
  /** For opening a socket, and then for authenticating on it. */
  readonly handshakeMs: number;
  /** After this silence the gateway is asked whether it is still there. */
  readonly quietMs: number;
  /** For its answer, and for a sign of life of a room that is being entered. */
  readonly answerMs: number;
  readonly maxSends: number;
  /** See `OutboxRules`. */
  readonly window: number;
  readonly acknowledgeWithinMs: number;
  /** A send that made the server stumble so often is given up. */
  readonly maxStumbles: number;
  /** Typing is told again after this time. The gateway ends it by itself after 6 s. */
  readonly typingRepeatMs: number;
  /** Without another key it ends by itself. */
  readonly typingIdleMs: number;
  /** Somebody else's typing ends by itself; above the gateway's 6 s. */
  readonly typingShownMs: number;
};

export const defaultRules: Rules = {
  reconnect: { baseMs: 1_000, maxMs: 30_000 },
  retry: { baseMs: 500, maxMs: 10_000 },
  steadyMs: 10_000,
  handshakeMs: 10_000,
  quietMs: 20_000,
  answerMs: 10_000,
  maxSends: 1_000,
  window: 1,
  acknowledgeWithinMs: 10_000, // the gateway answers a failure within 4.5 s
  maxStumbles: 5,
  typingRepeatMs: 2_500,
  typingIdleMs: 4_000,
  typingShownMs: 8_000,
};
