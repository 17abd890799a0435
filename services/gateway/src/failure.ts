import { errorTable, type FrameErrorCode } from '@kuraxx/contracts';
import { Refusal, type RefusalCode } from '@kuraxx/domain';
import { PositionConflict, Unavailable, UnreadableEvent } from '@kuraxx/event-store';
import { RateLimited } from '@kuraxx/limits';
import { ReadModelUnavailable } from '@kuraxx/read-model';
import { TooManyRooms } from './join.ts';

export type Failure = {
  readonly code: FrameErrorCode;
  readonly message: string;
  readonly retryAfterMs?: number;
};

const codeOf = (code: RefusalCode): FrameErrorCode => {
  switch (code) {
    case 'AUTH_INVALID_CREDENTIALS':
    case 'AUTH_TOKEN_EXPIRED':
    case 'AUTH_TOKEN_INVALID':
    case 'AUTH_UNAUTHORIZED':
    case 'AUTH_USER_NOT_FOUND':
      return 'AUTH_FAILED';
    case 'ROOM_NOT_FOUND':
    case 'ROOM_ACCESS_DENIED':
      return 'NOT_IN_ROOM';
    case 'AUTH_USER_EXISTS':
    case 'RESOURCE_EXISTS':
    case 'RESOURCE_NOT_FOUND':
    case 'MESSAGE_NOT_FOUND':
    case 'FILE_TOO_LARGE':
    case 'FILE_TYPE_NOT_ALLOWED':
    case 'VALIDATION_ERROR':
      return 'VALIDATION_ERROR';
    case 'CONFLICT':
      return 'SERVICE_UNAVAILABLE'; // to be tried again
  }
};

/** What the client is told about an error; undefined for a bug, which is the caller's to log. */
export const failureOf = (error: unknown): Failure | undefined => {
  if (error instanceof Refusal) {
    return { code: codeOf(error.code), message: error.message || errorTable[error.code].message };
  }
  if (error instanceof Unavailable || error instanceof ReadModelUnavailable || error instanceof PositionConflict) {
    return { code: 'SERVICE_UNAVAILABLE', message: errorTable.SERVICE_UNAVAILABLE.message };
  }
  // a newer build may read it
  if (error instanceof UnreadableEvent) {
    return { code: 'SERVICE_UNAVAILABLE', message: errorTable.SERVICE_UNAVAILABLE.message };
  }
  if (error instanceof RateLimited) {
    const retryAfterMs = Math.max(1, Math.ceil(error.retryAfterMs));
    return { code: 'RATE_LIMITED', message: error.message || errorTable.RATE_LIMITED.message, retryAfterMs };
  }
  if (error instanceof TooManyRooms) return { code: 'TOO_MANY_ROOMS', message: error.message };
  return undefined;
};
