/** So many things wait at most; what comes then is left out, because it will be offered again. */
const maxWaiting = 256;

/**
 * Does work in the background, one piece at a time, the newest of each key only. What fails is told and forgotten.
 *
 * @param work its failures go to `failed`
 */
export const createBackground = <T>(
  work: (key: string, value: T) => Promise<void>,
  failed: (error: unknown) => void,
) => {
  const waiting = new Map<string, T>();
  let running: Promise<void> | undefined;
  const run = async (): Promise<void> => {
    for (let next = waiting.entries().next(); next.done !== true; next = waiting.entries().next()) {
      const [key, value] = next.value;
      waiting.delete(key);
      await new Promise((resolve) => setImmediate(resolve)); // whatever has offered it goes first
      await work(key, value).catch(failed);
    }
    running = undefined;
  };
  return {
    offer: (key: string, value: T): void => {
      if (waiting.size >= maxWaiting && !waiting.has(key)) return;
      waiting.set(key, value);
      running ??= run();
    },
    /** Resolves when nothing is under way. */
    idle: async (): Promise<void> => running,
  };
};
