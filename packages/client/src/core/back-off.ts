/** How long to wait before the next attempt, in milliseconds. */
export type BackOff = { readonly baseMs: number; readonly maxMs: number };

/**
 * Full jitter: anywhere between nothing and a bound that doubles with each attempt, so that clients which were cut off together don't come
 * back together.
 *
 * @param attempt 0 for the first
 * @param random from 0 up to, without, 1
 */
export const backOffMs = ({ baseMs, maxMs }: BackOff, attempt: number, random: number): number =>
  Math.round(random * Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 30)));
