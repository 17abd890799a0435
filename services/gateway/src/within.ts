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
