import { Unavailable } from '@kuraxx/event-store';

/** From this age on a request asks, again and again, whether the log is away. */
const patienceMs = 3_000;
const askAgainMs = 500;

/**
 * Waits for `work`. While the log is away, retries and time-outs of its users could add up: then it gives up, within 5 s
 * of `startedAtMs`, with `Unavailable`; what `work` comes to later is nobody's any more. With the log there it waits as
 * long as it takes.
 */
export type OutageGuard = <T>(work: Promise<T>, startedAtMs: number) => Promise<T>;

/** @param isLogAway answers within a second, and never rejects */
export const createOutageGuard =
  (isLogAway: () => Promise<boolean>): OutageGuard =>
  async (work, startedAtMs) => {
    let timer: NodeJS.Timeout | undefined;
    let over = false;
    const givenUp = new Promise<never>((_resolve, reject) => {
      const ask = async (): Promise<void> => {
        if (await isLogAway()) reject(new Unavailable('the log is away'));
        else if (!over) timer = setTimeout(() => void ask(), askAgainMs);
      };
      timer = setTimeout(() => void ask(), Math.max(0, startedAtMs + patienceMs - Date.now()));
    });
    try {
      return await Promise.race([work, givenUp]);
    } finally {
      over = true;
      clearTimeout(timer);
    }
  };
