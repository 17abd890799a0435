import { z } from 'zod';

/** Postgres can't store U+0000, and a lone surrogate is no text: neither gets past the edge. */
const isStorable = (text: string): boolean => !text.includes('\u0000') && text.isWellFormed();

/**
 * Text from a client that can be stored and shown anywhere.
 *
 * @param limits lengths in UTF-16 units
 */
export const text = (limits: { min?: number; max: number }) =>
  z
    .string()
    .min(limits.min ?? 0)
    .max(limits.max)
    .refine(isStorable, 'contains U+0000 or a lone surrogate');

/** bcrypt hashes the first 72 bytes alone: what is longer is refused instead of silently cut. */
export const password = text({ min: 8, max: 128 }).refine(
  (value) => new TextEncoder().encode(value).length <= 72,
  'at most 72 bytes in UTF-8',
);

/** The longest message in UTF-16 units. */
export const maxMessageLength = 5000;

/** The client's own name for a send; the same one again is the same message. */
export const tempId = text({ min: 1, max: 128 });

/** A position in the log as clients see it: `<epoch>.<partition>.<sequence>`. */
export const positionText = z
  .string()
  .regex(/^[a-z0-9]{1,32}\.(?:[0-9]{1,3}|accounts)\.[0-9]{1,16}$/, 'not a position');
