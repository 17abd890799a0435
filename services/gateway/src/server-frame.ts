import type { FrameErrorCode, ServerFrameType } from '@kuraxx/contracts';

/** Any frame without a position, as text. */
export const encodeFrame = (type: ServerFrameType, payload: unknown, requestId?: string): string =>
  JSON.stringify({ type, payload, timestamp: Date.now(), ...(requestId === undefined ? {} : { requestId }) });

export const encodeError = (code: FrameErrorCode, message: string, requestId?: string): string =>
  encodeFrame('error', { code, message }, requestId);
