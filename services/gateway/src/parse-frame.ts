import {
  type ClientFrame,
  type ClientFrameType,
  clientFrames,
  type FrameErrorCode,
  isClientFrameType,
} from '@kuraxx/contracts';
import { isTooDeep, maxJsonDepth } from '@kuraxx/limits';
import { z } from 'zod';
import { unpacked } from './msgpack.ts';
import { shapeOf } from './msgpack-shape.ts';
import { isUsualMessage } from './usual-message.ts';

/** A client frame as it came: JSON as text, MessagePack as bytes. */
export type RawFrame = string | Buffer;

export type Parsed =
  | { readonly ok: true; readonly frame: ClientFrame }
  | {
      readonly ok: false;
      readonly code: FrameErrorCode;
      readonly message: string;
      readonly requestId: string | undefined;
      /** Where that much is known. */
      readonly type?: ClientFrameType;
    };

const envelope = z.record(z.string(), z.unknown());
const requestIdOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value.length <= 128 ? value : undefined;

const toJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // JSON has no undefined: the caller tells it from every value
  }
};

const firstProblem = (error: z.ZodError): string => {
  const [issue] = error.issues;
  return issue === undefined ? 'Validation failed' : `${issue.path.join('.')}: ${issue.message}`;
};

type Read = { readonly problem: string } | { readonly value: unknown };
const tooDeep: Read = { problem: `A frame is nested ${maxJsonDepth} levels deep at most` };

const readText = (text: string): Read => (isTooDeep(text) ? tooDeep : { value: toJson(text) });

const readPacked = (bytes: Buffer): Read => {
  const shape = shapeOf(bytes, maxJsonDepth);
  if (shape === 'deep') return tooDeep;
  if (shape === 'broken') return { problem: 'A binary frame is one MessagePack map' };
  try {
    return { value: unpacked(bytes) };
  } catch {
    return { problem: 'A binary frame is one MessagePack map' };
  }
};

/** Reads one client frame; never throws. What is wrong comes back as the error frame's code and text. */
export const parseFrame = (raw: RawFrame): Parsed => {
  const read = typeof raw === 'string' ? readText(raw) : readPacked(raw);
  if ('problem' in read) return { ok: false, code: 'INVALID_MESSAGE', message: read.problem, requestId: undefined };
  if (isUsualMessage(read.value)) return { ok: true, frame: read.value };
  const json = envelope.safeParse(read.value);
  if (!json.success) {
    return { ok: false, code: 'INVALID_MESSAGE', message: 'A frame is one JSON object', requestId: undefined };
  }
  const { type } = json.data;
  const requestId = requestIdOf(json.data.requestId);
  if (typeof type !== 'string' || !isClientFrameType(type)) {
    return { ok: false, code: 'UNKNOWN_EVENT', message: 'Unknown event type', requestId };
  }
  const frame = clientFrames[type].safeParse(json.data);
  if (!frame.success) {
    return { ok: false, code: 'VALIDATION_ERROR', message: firstProblem(frame.error), requestId, type };
  }
  return { ok: true, frame: frame.data };
};
