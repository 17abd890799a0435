import { z } from 'zod';

/** Postgres can't store U+0000, and a lone surrogate is no text: neither gets past the edge. */
const isStorable = (text: string): boolean => !text.includes('\u0000') && text.isWellFormed();

/**
 * Text from a client that can be stored and shown anywhere.
 *
 * @param limits lengths in UTF-16 units, as the old system counted; zod's own `min` and `max` count code points, and so do readers of the
 * JSON schema, which has no other measure and is told the same numbers
 */
export const text = ({ min = 0, max }: { min?: number; max: number }) =>
  z
    .string()
    .superRefine((value, context) => {
      const about = { origin: 'string', inclusive: true, input: value } as const;
      if (value.length < min) context.addIssue({ ...about, code: 'too_small', minimum: min });
      if (value.length > max) context.addIssue({ ...about, code: 'too_big', maximum: max });
    })
    .refine(isStorable, 'contains U+0000 or a lone surrogate')
    .meta({ ...(min > 0 && { minLength: min }), maxLength: max });

export const password = text({ min: 8, max: 128 });

/** The longest message in UTF-16 units. */
export const maxMessageLength = 5000;

/** The client's own name for a send; the same one again is the same message. */
export const tempId = text({ min: 1, max: 128 });

/** A position in the log as clients see it: `<epoch>.<partition>.<sequence>`. */
export const positionText = z
  .string()
  .regex(/^[a-z0-9]{1,32}\.(?:[0-9]{1,3}|accounts)\.[0-9]{1,16}$/, 'not a position');
