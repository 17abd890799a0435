import { setTimeout as delay } from 'node:timers/promises';
import { createBackoff } from './backoff.ts';
import { messageOf, type Report } from './report.ts';

/** A process that can be started again. */
export type Restartable = {
  readonly name: string;
  /** Resolves when it is ready. Rejects when it isn't or `signal` is aborted; nothing is left running then. */
  start(signal: AbortSignal): Promise<Running>;
};

export type Running = {
  readonly pid: number;
  /** Resolves when the process has ended, whoever ended it. */
  readonly exited: Promise<unknown>;
  signal(signal: NodeJS.Signals): void;
  /** Ends it, within a bound. */
  stop(): Promise<void>;
};

export type Supervised = {
  readonly name: string;
  /** `undefined` while it is down. */
  readonly pid: number | undefined;
  /** Sends a signal (default SIGKILL), resolves when that process has ended; it is then restarted, not sooner than `downMs` from now. */
  kill(signal?: NodeJS.Signals, downMs?: number): Promise<void>;
  /** Ends the time that `kill` has set for it to be down: it is restarted as soon as after any other death. */
  comeBack(): void;
  /** Ends it for good. */
  stop(): Promise<void>;
};

/**
 * Starts a process, and again with back-off each time it dies, until `stop`.
 *
 * @param changed called after each death and each restart, when the process id has changed
 * @param giveUp ends the first start
 * @throws what the first start throws
 */
export const supervise = async (
  what: Restartable,
  report: Report,
  changed: () => void,
  giveUp: AbortSignal,
): Promise<Supervised> => {
  const backoff = createBackoff(Date.now);
  const stopping = new AbortController();
  let current: Running | undefined = await what.start(giveUp);
  let downUntil = 0;
  let back = new AbortController(); // ends the wait for `downUntil`

  const startAgain = async (problem: string): Promise<void> => {
    const backoffMs = backoff.next();
    report(`${what.name} ${problem}; next start in ${Math.max(backoffMs, downUntil - Date.now())} ms`);
    await delay(backoffMs, undefined, { signal: stopping.signal });
    const downMs = Math.max(0, downUntil - Date.now());
    const wanted = AbortSignal.any([stopping.signal, back.signal]);
    await delay(downMs, undefined, { signal: wanted }).catch(() => stopping.signal.throwIfAborted()); // else it is wanted back
    current = await what.start(stopping.signal);
    report(`${what.name} is back (process ${current.pid})`);
    changed();
  };

  const watch = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await current?.exited;
      if (stopping.signal.aborted) return;
      current = undefined;
      changed();
      let problem = 'has died';
      while (current === undefined && !stopping.signal.aborted) {
        await startAgain(problem).catch((error: unknown) => {
          problem = `could not be started again (${messageOf(error)})`;
        });
      }
    }
  };
  const watched = watch();

  return {
    name: what.name,
    get pid() {
      return current?.pid;
    },
    kill: async (signal = 'SIGKILL', downMs = 0) => {
      downUntil = Date.now() + downMs;
      const target = current;
      target?.signal(signal);
      await target?.exited;
    },
    comeBack: () => {
      downUntil = 0;
      back.abort();
      back = new AbortController();
    },
    stop: async () => {
      stopping.abort();
      await current?.stop();
      await watched;
      await current?.stop(); // one that had just come back
    },
  };
};
