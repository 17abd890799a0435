import { hash } from 'node:crypto';

/** The upper two bits of this digit are 10: RFC 9562, section 4.1. */
const variants = '89ab';

/**
 * The id of a message that its client has named: the same sender, room and tempId give the same id, for ever. A SHA-256 in
 * the shape of a version 4 UUID, which clients of the old system check.
 */
export const messageIdOf = (senderId: string, roomId: string, tempId: string): string => {
  const hex = hash('sha256', JSON.stringify([senderId, roomId, tempId]));
  const variant = variants.charAt(Number.parseInt(hex.charAt(16), 16) & 0x3);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};

const uuid7 = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

/** Together well inside the log's own window for duplicates (120 s), also when the client's clock is ahead. */
const freshForMs = 90_000;
const maxAheadMs = 10_000;

/** When a tempId was made by its client's clock; undefined when it doesn't say so: a UUIDv7 starts with its time. */
export const madeAtMs = (tempId: string): number | undefined => {
  const [, high, low] = uuid7.exec(tempId) ?? [];
  return high === undefined || low === undefined ? undefined : Number.parseInt(high + low, 16);
};

/**
 * Whether a tempId shows that it was made a moment ago. Its repetition is then inside the log's window for duplicates, and nothing has to be looked up.
 */
export const isFresh = (tempId: string, nowMs: number): boolean => {
  const madeAt = madeAtMs(tempId);
  if (madeAt === undefined) return false;
  const ageMs = nowMs - madeAt;
  return ageMs < freshForMs && ageMs > -maxAheadMs;
};
