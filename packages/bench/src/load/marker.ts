/**
 * Every message of the load carries its number in its content, at a fixed width, so that a receiver finds it without parsing
 * anything: `#!0000004711!`.
 */
const digits = 10;
const start = '#!';

export const markerOf = (number: number): string => `${start}${String(number).padStart(digits, '0')}!`;

/** The content of a message of the load: its marker, then filling up to `bytes`. */
export const contentOf = (number: number, bytes: number): string => markerOf(number).padEnd(bytes, 'x');

/** @returns the number of the message that this frame carries, undefined for any other frame */
export const numberIn = (payload: Buffer): number | undefined => {
  const at = payload.indexOf(start, 0, 'latin1');
  if (at < 0) return undefined;
  let number = 0;
  for (let index = at + start.length; index < at + start.length + digits; index++) {
    number = number * 10 + ((payload[index] ?? 0x30) - 0x30);
  }
  return number;
};
