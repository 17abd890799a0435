import { setTimeout as delay } from 'node:timers/promises';

export type EventuallyOptions = {
  /** Default 20,000: beside other tests on few cores everything can stand still for seconds. */
  readonly timeoutMs?: number;
  /** Default 20. */
  readonly intervalMs?: number;
};

/**
 * Calls `check` until it neither throws nor returns false, and resolves with what it returned. Put `expect`s in it.
 *
 * @throws {Error} after the time, with the last error as its cause and in its message
 * @example
 * const rows = await eventually(async () => { const rows = await load(); expect(rows).toHaveLength(2); return rows; });
 */
export const eventually = async <T>(check: () => T | Promise<T>, options: EventuallyOptions = {}): Promise<T> => {
  const { timeoutMs = 20_000, intervalMs = 20 } = options;
  const until = Date.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const result = await check();
      if (result !== false) return result;
      last = new Error('it was still false');
    } catch (error) {
      last = error;
    }
    if (Date.now() >= until) {
      const reason = last instanceof Error ? last.message : String(last);
      throw new Error(`not within ${timeoutMs} ms: ${reason}`, { cause: last });
    }
    await delay(intervalMs);
  }
};
