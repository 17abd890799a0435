import { z } from 'zod';

const acknowledgement = z.object({
  seq: z.number().optional(),
  duplicate: z.boolean().optional(),
  error: z.object({ err_code: z.number().optional(), code: z.number().optional(), description: z.string() }).optional(),
});

/** What a stream answers to a publish. */
export type Acknowledgement = z.infer<typeof acknowledgement>;

/** As servers write the usual one; numbers that are too long to be exact are left to JSON. */
const usual = /^\{"stream":"[A-Za-z0-9_-]{1,64}", ?"seq":([1-9]\d{0,14})(,"duplicate": ?true)?\}$/;

/** Reads it whatever it looks like. @throws for what is none */
export const parseAnyAcknowledgement = (text: string): Acknowledgement => acknowledgement.parse(JSON.parse(text));

/**
 * The usual acknowledgement is read by its looks, which costs a fifth of JSON and schema; everything else goes there. Both say
 * the same: see the law in the test.
 *
 * @throws for what is no acknowledgement
 */
export const parseAcknowledgement = (bytes: Uint8Array): Acknowledgement => {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
  const found = usual.exec(text);
  if (found === null) return parseAnyAcknowledgement(text);
  const seq = Number(found[1]);
  return found[2] === undefined ? { seq } : { seq, duplicate: true };
};
