import { setTimeout as delay } from 'node:timers/promises';

/** How long to wait after a number of failures in a row: from 250 ms, doubled each time, 5 s at most. */
export const backOffMs = (failures: number): number => Math.min(250 * 2 ** Math.max(0, failures - 1), 5000);

/** Resolves after a time, or at once when the signal is aborted. */
export const pause = async (ms: number, signal: AbortSignal): Promise<void> => {
  if (signal.aborted) return;
  await delay(ms, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
};

/** Resolves when a signal is aborted, at once when it is already. */
export const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
