import type { ErrorCode } from '@kuraxx/contracts';
import type { SendRefusal } from './core/events.ts';
import type { Send } from './core/outbox.ts';

/** The server has answered a REST call with an error. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  /** One of the contract's codes; a proxy in between may answer otherwise: `UNKNOWN`. */
  readonly code: ErrorCode | 'UNKNOWN';
  /** What is wrong with which field. */
  readonly details: Readonly<Record<string, readonly string[]>>;
  /** When to try again, if the server says so. */
  readonly retryAfterMs: number | undefined;

  constructor(answer: {
    readonly status: number;
    readonly code: ErrorCode | 'UNKNOWN';
    readonly message: string;
    readonly details?: Readonly<Record<string, readonly string[]>> | undefined;
    readonly retryAfterMs?: number | undefined;
  }) {
    super(answer.message);
    this.status = answer.status;
    this.code = answer.code;
    this.details = answer.details ?? {};
    this.retryAfterMs = answer.retryAfterMs;
  }
}

/** No answer came: the network or the server is away, or it took too long. A write may have happened. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

/** There is no session (any more): sign in. */
export class SignedOut extends Error {
  override readonly name = 'SignedOut';
  constructor() {
    super('not signed in');
  }
}

/** A message will never be stored. */
export class SendRefused extends Error {
  override readonly name = 'SendRefused';
  readonly send: Send;
  readonly code: SendRefusal;

  constructor(send: Send, code: SendRefusal, message: string) {
    super(message);
    this.send = send;
    this.code = code;
  }
}

/** An iterator over events was not read for so long that its buffer overflowed: events were missed. */
export class TooSlow extends Error {
  override readonly name = 'TooSlow';
}
