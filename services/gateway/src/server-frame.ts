import type { FrameErrorCode, ServerFrameType } from '@kuraxx/contracts';

/** Any frame without a position, as text. */
export const encodeFrame = (type: ServerFrameType, payload: unknown, requestId?: string): string =>
  JSON.stringify({ type, payload, timestamp: Date.now(), ...(requestId === undefined ? {} : { requestId }) });

/** @param retryAfterMs for RATE_LIMITED: when it may be tried again */
export const encodeError = (code: FrameErrorCode, message: string, requestId?: string, retryAfterMs?: number): string =>
  encodeFrame('error', { code, message, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }, requestId);
