import { type ClientFrame, clientFrames, type FrameErrorCode, isClientFrameType } from '@kuraxx/contracts';
import { isTooDeep, maxJsonDepth } from '@kuraxx/limits';
import { z } from 'zod';

export type Parsed =
  | { readonly ok: true; readonly frame: ClientFrame }
  | {
      readonly ok: false;
      readonly code: FrameErrorCode;
      readonly message: string;
      readonly requestId: string | undefined;
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

/** Reads one client frame; never throws. What is wrong comes back as the error frame's code and text. */
export const parseFrame = (text: string): Parsed => {
  if (isTooDeep(text)) {
    const message = `A frame is nested ${maxJsonDepth} levels deep at most`;
    return { ok: false, code: 'INVALID_MESSAGE', message, requestId: undefined };
  }
  const json = envelope.safeParse(toJson(text));
  if (!json.success) {
    return { ok: false, code: 'INVALID_MESSAGE', message: 'A frame is one JSON object', requestId: undefined };
  }
  const { type } = json.data;
  const requestId = requestIdOf(json.data.requestId);
  if (typeof type !== 'string' || !isClientFrameType(type)) {
    return { ok: false, code: 'UNKNOWN_EVENT', message: 'Unknown event type', requestId };
  }
  const frame = clientFrames[type].safeParse(json.data);
  if (!frame.success) return { ok: false, code: 'VALIDATION_ERROR', message: firstProblem(frame.error), requestId };
  return { ok: true, frame: frame.data };
};
