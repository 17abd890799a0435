import type { FrameErrorCode, ServerFrameType } from '@kuraxx/contracts';

/** Where a frame stands in its room. */
export type Place = { readonly position: string; readonly prev: string | null; readonly roomId: string };

/** Any frame without a position, as text. */
export const encodeFrame = (type: ServerFrameType, payload: unknown, requestId?: string): string =>
  JSON.stringify({ type, payload, timestamp: Date.now(), ...(requestId === undefined ? {} : { requestId }) });

export const encodeError = (code: FrameErrorCode, message: string, requestId?: string): string =>
  encodeFrame('error', { code, message }, requestId);

/**
 * A positioned frame around a payload that is JSON already. The payload's bytes are copied, never parsed:
 * it is made once per event and process, whatever the number of readers.
 */
export const encodePlaced = (type: ServerFrameType, payload: Uint8Array, place: Place, requestId?: string): Buffer => {
  const prev = place.prev === null ? 'null' : `"${place.prev}"`;
  const request = requestId === undefined ? '' : `,"requestId":${JSON.stringify(requestId)}`;
  const head = `{"type":"${type}","payload":`;
  const rest = `,"timestamp":${Date.now()},"position":"${place.position}","prev":${prev},"roomId":"${place.roomId}"${request}}`;
  return Buffer.concat([Buffer.from(head), payload, Buffer.from(rest)]);
};
