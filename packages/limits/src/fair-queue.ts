import { RateLimited } from './rate-limited.ts';

/** Costly work, a few at a time; who waits is served by turns of their keys, so that one key's crowd delays another by one each. */
export type FairQueue = {
  /** @throws {RateLimited} when too many wait, of this key or altogether; what `work` throws */
  run<T>(key: string, work: () => Promise<T>): Promise<T>;
};

/** Does all at once. */
export const noQueue: FairQueue = { run: (_key, work) => work() };

export type FairQueueLimits = {
  readonly maxRunning: number;
  readonly maxWaiting: number;
  readonly maxWaitingPerKey: number;
  /** What is refused may be tried again after this time. */
  readonly retryAfterMs: number;
};

export const createFairQueue = (limits: FairQueueLimits): FairQueue => {
  /** The key that was served last is at the end. */
  const lines = new Map<string, (() => void)[]>();
  let running = 0;
  let waiting = 0;

  const wait = (key: string): Promise<void> => {
    const line = lines.get(key) ?? [];
    if (waiting >= limits.maxWaiting || line.length >= limits.maxWaitingPerKey) {
      throw new RateLimited('Too many are waiting; try again later', limits.retryAfterMs);
    }
    lines.set(key, line);
    waiting += 1;
    return new Promise((resolve) => void line.push(resolve));
  };

  /** The first of the next key takes over the place of who is done. */
  const next = (): void => {
    const [first] = lines;
    if (first === undefined) {
      running -= 1;
      return;
    }
    const [key, line] = first;
    lines.delete(key);
    const begin = line.shift();
    if (line.length > 0) lines.set(key, line);
    waiting -= 1;
    begin?.();
  };

  return {
    async run(key, work) {
      if (running >= limits.maxRunning) await wait(key);
      else running += 1;
      try {
        return await work();
      } finally {
        next();
      }
    },
  };
};
