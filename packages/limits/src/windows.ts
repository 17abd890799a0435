import type { RateLimiterAbstract } from 'rate-limiter-flexible';

/** Whether one more was allowed, and what is left of the limit until `resetMs` from now. */
export type Verdict = {
  readonly allowed: boolean;
  readonly limit: number;
  readonly remaining: number;
  readonly resetMs: number;
};

/** A process takes this share of a limit at once, and asks again when half of it is used. */
const leaseShare = 1 / 100;
const maxLease = 1_000;
/** Some 50 MB; beyond it the window that was opened first is forgotten, with what was left of its lease. */
const maxWindows = 200_000;
const forgetEveryMs = 10_000;

type Window = {
  /** Taken from the shared count and not yet used. */
  tokens: number;
  /** Left in the shared count when this process last asked. */
  sharedRemaining: number;
  isExhausted: boolean;
  endsAtMs: number;
  isAsking: boolean;
  readonly waiting: { readonly resolve: (granted: boolean) => void; readonly reject: (error: unknown) => void }[];
};

/** Fixed windows by key, counted over all processes. */
export type Windows = {
  /**
   * Uses one up. Never allows more than `limit` in a window over all processes; of several processes each may leave up to 1 %
   * of it unused. Synchronous as long as this process has some left of what it took: one in a hundred asks Redis, more of
   * small limits (below 100 each one does). The limit of a key is always the same.
   */
  take(key: string, limit: number): Verdict | Promise<Verdict>;
  close(): void;
};

/** @param counter counts by key and forgets a key when its window is over; must not fail for want of a server */
export const createWindows = (counter: Pick<RateLimiterAbstract, 'penalty'>): Windows => {
  const windows = new Map<string, Window>();
  const forgetting = setInterval(() => {
    const nowMs = Date.now();
    for (const [key, { endsAtMs, isAsking }] of windows) if (endsAtMs <= nowMs && !isAsking) windows.delete(key);
  }, forgetEveryMs);
  forgetting.unref();

  const open = (key: string): Window => {
    if (windows.size >= maxWindows) {
      const [oldest] = windows.keys();
      if (oldest !== undefined) windows.delete(oldest);
    }
    const window: Window = {
      tokens: 0,
      sharedRemaining: 0,
      isExhausted: false,
      endsAtMs: 0,
      isAsking: false,
      waiting: [],
    };
    windows.set(key, window);
    return window;
  };

  const judge = (window: Window, limit: number, allowed: boolean): Verdict => ({
    allowed,
    limit,
    remaining: allowed ? window.tokens + window.sharedRemaining : 0,
    resetMs: Math.max(0, window.endsAtMs - Date.now()),
  });

  const leaseOf = (limit: number): number => Math.max(1, Math.min(maxLease, Math.floor(limit * leaseShare)));

  const ask = async (key: string, window: Window, limit: number): Promise<void> => {
    const wanted = Math.max(leaseOf(limit), window.waiting.length);
    const { consumedPoints, msBeforeNext } = await counter.penalty(key, wanted);
    const usedBefore = consumedPoints - wanted;
    const granted = Math.max(0, Math.min(wanted, limit - usedBefore));
    // what was left of a window that is over is worth nothing in the next
    if (usedBefore === 0 || Date.now() >= window.endsAtMs) window.tokens = 0;
    window.tokens += granted;
    window.sharedRemaining = Math.max(0, limit - consumedPoints);
    window.isExhausted = consumedPoints >= limit;
    window.endsAtMs = Date.now() + msBeforeNext;
  };

  /** Hands out what was granted; asks again as long as somebody waits and the window isn't exhausted. */
  const fill = async (key: string, window: Window, limit: number): Promise<void> => {
    window.isAsking = true;
    try {
      do {
        await ask(key, window, limit);
        const { waiting } = window;
        const served = waiting.splice(0, window.tokens);
        window.tokens -= served.length;
        for (const { resolve } of served) resolve(true);
        if (window.isExhausted) for (const { resolve } of waiting.splice(0)) resolve(false);
      } while (window.waiting.length > 0);
    } catch (error) {
      for (const { reject } of window.waiting.splice(0)) reject(error);
    } finally {
      window.isAsking = false;
    }
  };

  return {
    take(key, limit) {
      const window = windows.get(key) ?? open(key);
      if (Date.now() >= window.endsAtMs) {
        window.tokens = 0;
        window.isExhausted = false;
      }
      if (window.tokens > 0 && window.waiting.length === 0) {
        window.tokens -= 1;
        const isLow = window.tokens < leaseOf(limit) / 2 && leaseOf(limit) > 1;
        if (isLow && !window.isAsking && !window.isExhausted) void fill(key, window, limit);
        return judge(window, limit, true);
      }
      if (window.isExhausted) return judge(window, limit, false);
      const answer = new Promise<boolean>((resolve, reject) => void window.waiting.push({ resolve, reject }));
      if (!window.isAsking) void fill(key, window, limit);
      return answer.then((allowed) => judge(window, limit, allowed));
    },
    close: () => clearInterval(forgetting),
  };
};
