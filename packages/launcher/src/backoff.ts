const firstDelayMs = 250;
const longestDelayMs = 10_000;
/** What has run for so long counts as healthy again. */
const healthyAfterMs = 30_000;

/** How long to wait before each restart: doubling from 250 ms to 10 s, from the start again after 30 s without a death. */
export const createBackoff = (now: () => number) => {
  let delayMs = firstDelayMs;
  let lastDeath = now();
  return {
    /** Called at each death. @returns milliseconds to wait */
    next: (): number => {
      if (now() - lastDeath > healthyAfterMs) delayMs = firstDelayMs;
      lastDeath = now();
      const wait = delayMs;
      delayMs = Math.min(delayMs * 2, longestDelayMs);
      return wait;
    },
  };
};
