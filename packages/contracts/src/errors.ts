import { z } from 'zod';

/**
 * Every error code that REST answers and WebSocket `error` frames use, with its HTTP status and its default text.
 * One table: handlers throw codes, adapters look the status up here.
 */
export const errorTable = {
  AUTH_INVALID_CREDENTIALS: { status: 401, message: 'Invalid email or password' },
  AUTH_TOKEN_EXPIRED: { status: 401, message: 'Token has expired' },
  AUTH_TOKEN_INVALID: { status: 401, message: 'Invalid token' },
  AUTH_UNAUTHORIZED: { status: 401, message: 'Authentication required' },
  AUTH_USER_EXISTS: { status: 409, message: 'A user with this email or username already exists' },
  AUTH_USER_NOT_FOUND: { status: 404, message: 'User not found' },
  VALIDATION_ERROR: { status: 400, message: 'Validation failed' },
  RESOURCE_NOT_FOUND: { status: 404, message: 'Resource not found' },
  RESOURCE_EXISTS: { status: 409, message: 'Resource already exists' },
  ROOM_NOT_FOUND: { status: 404, message: 'Room not found' },
  ROOM_ACCESS_DENIED: { status: 403, message: 'Access to this room is denied' },
  MESSAGE_NOT_FOUND: { status: 404, message: 'Message not found' },
  FILE_TOO_LARGE: { status: 413, message: 'File is too large' },
  FILE_TYPE_NOT_ALLOWED: { status: 400, message: 'This file type is not allowed' },
  FILE_UPLOAD_FAILED: { status: 500, message: 'The upload failed' },
  PAYLOAD_TOO_LARGE: { status: 413, message: 'The request body is too large' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, message: 'This content type is not supported' },
  CONFLICT: { status: 409, message: 'Others changed this at the same time; try again' },
  RATE_LIMITED: { status: 429, message: 'Too many requests; try again later' },
  SERVICE_UNAVAILABLE: { status: 503, message: 'The service is temporarily unavailable; try again' },
  INTERNAL_ERROR: { status: 500, message: 'Internal server error' },
} as const satisfies Record<string, { status: number; message: string }>;

/** A stable, documented code of a REST error. */
export type ErrorCode = keyof typeof errorTable;

/** @returns whether `code` is one of the REST error codes. */
export const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(errorTable, code);

/** Codes of `error` frames on the WebSocket; the first seven are the old system's. */
export const frameErrorCodes = [
  'INVALID_MESSAGE',
  'UNKNOWN_EVENT',
  'VALIDATION_ERROR',
  'NOT_AUTHENTICATED',
  'AUTH_FAILED',
  'NOT_IN_ROOM',
  'HANDLER_ERROR',
  'RATE_LIMITED',
  'TOO_MANY_ROOMS',
  'SERVICE_UNAVAILABLE',
] as const;

export type FrameErrorCode = (typeof frameErrorCodes)[number];

/** The body of every failed REST answer. `details` maps a field's path to what is wrong with it. */
export const errorBody = z.object({
  success: z.literal(false),
  error: z.object({
    code: z.string(),
    message: z.string(),
    details: z.record(z.string(), z.array(z.string())).optional(),
  }),
});

export type ErrorBody = z.infer<typeof errorBody>;
