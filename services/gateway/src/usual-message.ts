import { type ClientFrame, maxMessageLength } from '@kuraxx/contracts';

type MessageFrame = Extract<ClientFrame, { type: 'message:new' }>;

/** A UUID as we write it; what else the contract takes is left to its schema. */
const usualId = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const maxNameLength = 128;

const isId = (value: unknown): boolean => typeof value === 'string' && usualId.test(value);
const isText = (value: unknown, max: number): boolean =>
  typeof value === 'string' &&
  value.length > 0 &&
  value.length <= max &&
  !value.includes('\u0000') &&
  value.isWellFormed();
const isType = (value: unknown): boolean => value === 'TEXT' || value === 'IMAGE' || value === 'FILE';

/** Each key of a usual payload; any other makes it unusual. */
const isUsualField = (key: string, value: unknown): boolean => {
  switch (key) {
    case 'roomId':
      return isId(value);
    case 'content':
      return isText(value, maxMessageLength);
    case 'type':
      return isType(value);
    case 'tempId':
      return isText(value, maxNameLength);
    case 'replyToId':
      return value === null || isId(value);
    default:
      return false;
  }
};

const isUsualPayload = (payload: object): boolean => {
  for (const [key, value] of Object.entries(payload)) if (!isUsualField(key, value)) return false;
  return 'roomId' in payload && 'content' in payload && 'type' in payload;
};

/**
 * Whether a value is a `message:new` just as the contract would give it back: nothing to add, nothing to leave out. Far cheaper than asking the
 * schema, which whatever is unusual goes on to: a message with attachments or without a type, anything unknown, anything wrong. That
 * both agree is a law in the test.
 */
export const isUsualMessage = (value: unknown): value is MessageFrame => {
  if (typeof value !== 'object' || value === null || !('type' in value) || value.type !== 'message:new') return false;
  for (const [key, part] of Object.entries(value)) {
    if (key === 'type') continue;
    if (key === 'payload' && typeof part === 'object' && part !== null && isUsualPayload(part)) continue;
    if (key === 'timestamp' && Number.isFinite(part)) continue;
    if (key === 'requestId' && typeof part === 'string' && part.length <= maxNameLength) continue;
    return false;
  }
  return 'payload' in value;
};
