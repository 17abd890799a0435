import { clientFrames, isClientFrameType } from '@kuraxx/contracts';
import { maxJsonDepth } from '@kuraxx/limits';
import { z } from 'zod';

/**
 * How a message is answered: `once`, in turn; `late`, once, but others' answers may come before it; `perhaps`, by an error, at any time;
 * `never`.
 */
export type Expected = 'once' | 'late' | 'perhaps' | 'never';

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // as the protocol has it: INVALID_MESSAGE, like any value that is no object
  }
};

const isDeeper = (value: unknown, levels: number): boolean => {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((one) => isDeeper(one, levels - 1));
};

/**
 * What docs/protocol.md promises to a message: every frame is answered, but for typing, good or bad, and `message:new`, which is answered by
 * an error alone.
 */
export const expectedAnswers = (text: string): Expected => {
  const json = parseJson(text);
  const envelope = z.looseObject({ type: z.string() }).safeParse(json);
  if (!envelope.success || isDeeper(json, maxJsonDepth) || !isClientFrameType(envelope.data.type)) return 'once';
  const { type } = envelope.data;
  if (type === 'typing:start' || type === 'typing:stop') return 'never';
  if (!clientFrames[type].safeParse(envelope.data).success) return 'once';
  if (type === 'resume') return 'late';
  return type === 'message:new' ? 'perhaps' : 'once';
};
