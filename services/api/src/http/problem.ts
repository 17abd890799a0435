import { type ErrorCode, errorTable } from '@kuraxx/contracts';

/** Texts by the path of the field that they are about. */
export type Details = Record<string, string[]>;

/** Something is wrong with a request as HTTP: its form, its token or its number. Refusals of the rules are `Refusal`. */
export class Problem extends Error {
  readonly code: ErrorCode;
  readonly details: Details | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: ErrorCode,
    options: { message?: string; details?: Details; retryAfterSeconds?: number; cause?: unknown } = {},
  ) {
    super(options.message ?? errorTable[code].message, { cause: options.cause });
    this.name = 'Problem';
    this.code = code;
    this.details = options.details;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}
