/** Too much was asked for: answered with RATE_LIMITED and the time to wait. */
export class RateLimited extends Error {
  readonly retryAfterMs: number;

  /** @param message for people; empty: the one that goes with the code */
  constructor(message: string, retryAfterMs: number) {
    super(message);
    this.name = 'RateLimited';
    this.retryAfterMs = retryAfterMs;
  }
}
