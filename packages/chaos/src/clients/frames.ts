import { type ServerFrame, type ServerFrameType, serverFrames } from '@kuraxx/contracts';
import { z } from 'zod';
import type { FrameType, Happening } from '../history/records.ts';

const isFrameType = (type: string): type is ServerFrameType => Object.hasOwn(serverFrames, type);

/** @returns the frame; `undefined` for a type that this build doesn't know. @throws {Error} for what the contract forbids */
export const parseFrame = (text: string): ServerFrame | undefined => {
  const json: unknown = JSON.parse(text);
  const { type } = z.object({ type: z.string() }).parse(json);
  return isFrameType(type) ? serverFrames[type].parse(json) : undefined;
};

/** A frame with a position, as the history keeps it; `undefined` for one without. */
export const placedFrame = (conn: number, frame: ServerFrame): Extract<Happening, { type: 'frame' }> | undefined => {
  const place = (type: FrameType, position: string, prev: string | null, roomId: string) =>
    ({ type: 'frame', conn, roomId, frame: type, position, prev, direct: frame.requestId !== undefined }) as const;
  if (frame.type === 'message:saved' || frame.type === 'message:update') {
    const { id, content } = frame.payload.message;
    return { ...place(frame.type, frame.position, frame.prev, frame.roomId), messageId: id, content };
  }
  if (frame.type === 'message:delete') {
    const { messageId } = frame.payload;
    return { ...place(frame.type, frame.position, frame.prev, frame.roomId), messageId };
  }
  if (frame.type !== 'room:leave') return undefined;
  const { position, prev, roomId, payload } = frame;
  if (position === undefined || prev === undefined || roomId === undefined || !('userId' in payload)) return undefined;
  return { ...place(frame.type, position, prev, roomId), userId: payload.userId };
};
