import { setTimeout as delay } from 'node:timers/promises';
import { Unavailable } from '@kuraxx/event-store';

/**
 * @returns what `work` resolves to
 * @throws {Unavailable} when it takes longer than `timeoutMs`; the work itself goes on unseen
 */
export const within = async <T>(work: Promise<T>, timeoutMs: number, what: string): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Unavailable(`${what}: no answer in time`)), Math.max(0, timeoutMs));
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
};

/** Waits a moment for `isTrue`, polling: for what is rare and short, and not worth bookkeeping elsewhere. @returns whether it came true */
export const isSoon = async (isTrue: () => boolean, timeoutMs: number): Promise<boolean> => {
  const deadlineMs = Date.now() + timeoutMs;
  while (!isTrue()) {
    if (Date.now() > deadlineMs) return false;
    await delay(5);
  }
  return true;
};
