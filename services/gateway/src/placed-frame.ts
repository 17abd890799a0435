import type { ServerFrameType } from '@kuraxx/contracts';

/** Where a frame stands in its room. */
export type Place = { readonly position: string; readonly prev: string | null; readonly roomId: string };

/** A frame of a logged event, as every member gets it: encoded once per event and process. */
export type PlacedFrame = {
  readonly sequence: number;
  readonly type: ServerFrameType;
  readonly place: Place;
  /** Whose names are in it: see `name-keeper.ts`. */
  readonly about: string | undefined;
  /** The whole frame as JSON text. */
  readonly bytes: Buffer;
  /** Where in `bytes` the payload's JSON begins and ends. */
  readonly payloadStart: number;
  readonly payloadEnd: number;
};

const requestPart = (requestId: string | undefined): string =>
  requestId === undefined ? '' : `,"requestId":${JSON.stringify(requestId)}`;

/** A frame around a payload that is JSON already: its bytes are copied, never parsed. */
export const placedFrame = (
  sequence: number,
  type: ServerFrameType,
  payload: Uint8Array,
  place: Place,
  about?: string,
  requestId?: string,
): PlacedFrame => {
  const prev = place.prev === null ? 'null' : `"${place.prev}"`;
  const head = `{"type":"${type}","payload":`;
  const rest = `,"timestamp":${Date.now()},"position":"${place.position}","prev":${prev},"roomId":"${place.roomId}"${requestPart(requestId)}}`;
  const payloadStart = head.length;
  const payloadEnd = payloadStart + payload.length;
  // The head is ASCII, and so is the rest save a client's own requestId.
  const bytes = Buffer.allocUnsafe(payloadEnd + Buffer.byteLength(rest));
  bytes.write(head, 0, 'latin1');
  bytes.set(payload, payloadStart);
  bytes.write(rest, payloadEnd);
  return { sequence, type, place, about, bytes, payloadStart, payloadEnd };
};

/** The payload's JSON, not copied. */
export const payloadOf = (frame: PlacedFrame): Buffer => frame.bytes.subarray(frame.payloadStart, frame.payloadEnd);

/** The same frame for a reader who has seen `prev` last. */
export const withPrev = (frame: PlacedFrame, prev: string): PlacedFrame =>
  frame.place.prev === prev
    ? frame
    : placedFrame(frame.sequence, frame.type, payloadOf(frame), { ...frame.place, prev }, frame.about);

/** @param frames in order @returns those after `sequence` */
export const framesAfter = (frames: readonly PlacedFrame[], sequence: number): readonly PlacedFrame[] => {
  let low = 0;
  let high = frames.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((frames[middle]?.sequence ?? 0) <= sequence) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? frames : frames.slice(low);
};
