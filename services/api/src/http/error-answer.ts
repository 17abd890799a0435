import { type ErrorBody, type ErrorCode, errorTable } from '@kuraxx/contracts';
import { Refusal } from '@kuraxx/domain';
import { PositionConflict, Unavailable, UnreadableEvent } from '@kuraxx/event-store';
import { RateLimited } from '@kuraxx/limits';
import { ReadModelUnavailable } from '@kuraxx/read-model';
import { Problem } from './problem.ts';

/** After this many seconds a client may try again when a server was away. */
const retryWhenAwaySeconds = 2;

/** A failed answer. `unforeseen` errors are bugs: their stack belongs into the log, never into the answer. */
export type ErrorAnswer = { status: number; body: ErrorBody; retryAfterSeconds?: number; unforeseen: boolean };

const answer = (code: ErrorCode, message?: string): ErrorAnswer => ({
  status: errorTable[code].status,
  body: { success: false, error: { code, message: message || errorTable[code].message } },
  unforeseen: false,
});

const answerProblem = (problem: Problem): ErrorAnswer => {
  const plain = answer(problem.code, problem.message);
  if (problem.details !== undefined) plain.body.error.details = problem.details;
  if (problem.retryAfterSeconds !== undefined) plain.retryAfterSeconds = problem.retryAfterSeconds;
  return plain;
};

/** What express and its body parsers throw carries a status. */
const isHttpError = (error: unknown): error is Error & { status: number } =>
  error instanceof Error && 'status' in error && typeof error.status === 'number';

const answerHttpError = (error: { status: number }): ErrorAnswer => {
  if (error.status === 413) return answer('PAYLOAD_TOO_LARGE');
  if (error.status === 415) return answer('UNSUPPORTED_MEDIA_TYPE');
  return answer('VALIDATION_ERROR', 'The request is malformed');
};

/** Turns whatever was thrown into the documented envelope. Exactly one table says which status a code has. */
export const errorAnswer = (error: unknown): ErrorAnswer => {
  if (error instanceof Problem) return answerProblem(error);
  if (error instanceof RateLimited) {
    const retryAfterSeconds = Math.max(1, Math.ceil(error.retryAfterMs / 1000));
    return { ...answer('RATE_LIMITED', error.message), retryAfterSeconds };
  }
  if (error instanceof Refusal) return answer(error.code, error.message);
  if (error instanceof PositionConflict) return answer('CONFLICT');
  if (error instanceof Unavailable || error instanceof ReadModelUnavailable) {
    return { ...answer('SERVICE_UNAVAILABLE'), retryAfterSeconds: retryWhenAwaySeconds };
  }
  // a newer build may read it; until then the log of this one tells which event it is
  if (error instanceof UnreadableEvent) {
    return { ...answer('SERVICE_UNAVAILABLE'), retryAfterSeconds: retryWhenAwaySeconds, unforeseen: true };
  }
  if (isHttpError(error) && error.status >= 400 && error.status < 500) return answerHttpError(error);
  return { ...answer('INTERNAL_ERROR'), unforeseen: true };
};
