import { Unavailable } from '@kuraxx/event-store';

/** A request is not kept longer than this while the log is away. */
const maxWaitMs = 4_000;
const checkEveryMs = 250;

/**
 * Waits for `work`. While the log is away, retries and time-outs of its users could add up: then it gives up after 4 s
 * with `Unavailable`, and what `work` comes to later is nobody's any more. With the log there it waits as long as it takes.
 */
export type OutageGuard = <T>(work: Promise<T>) => Promise<T>;

export const createOutageGuard =
  (isLogAway: () => boolean): OutageGuard =>
  (work) =>
    new Promise((resolve, reject) => {
      const until = Date.now() + maxWaitMs;
      const check = setInterval(() => {
        if (Date.now() < until || !isLogAway()) return;
        clearInterval(check);
        reject(new Unavailable('the log is away'));
      }, checkEveryMs);
      work.then(resolve, reject).finally(() => clearInterval(check));
    });
