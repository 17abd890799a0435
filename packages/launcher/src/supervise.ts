import { setTimeout as delay } from 'node:timers/promises';
import { createBackoff } from './backoff.ts';
import { messageOf, type Report } from './report.ts';

/** A process that can be started again: each `start` resolves when it is ready. */
export type Restartable = {
  readonly name: string;
  start(): Promise<Running>;
};

export type Running = {
  readonly pid: number;
  /** Resolves when the process has ended, whoever ended it. */
  readonly exited: Promise<unknown>;
  signal(signal: NodeJS.Signals): void;
  stop(): Promise<void>;
};

export type Supervised = {
  readonly name: string;
  /** `undefined` while it is down. */
  readonly pid: number | undefined;
  /** Sends a signal (default SIGKILL), resolves when that process has ended; it is then restarted. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Ends it for good. */
  stop(): Promise<void>;
};

/**
 * Starts a process, and again with back-off each time it dies, until `stop`.
 *
 * @param changed called after each death and each restart, when the process id has changed
 * @throws what the first start throws
 */
export const supervise = async (what: Restartable, report: Report, changed: () => void): Promise<Supervised> => {
  const backoff = createBackoff(Date.now);
  const stopping = new AbortController();
  let current: Running | undefined = await what.start();

  const restart = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const waitMs = backoff.next();
      report(`${what.name} has died; it is restarted in ${waitMs} ms`);
      await delay(waitMs, undefined, { signal: stopping.signal }).catch(() => undefined); // stopping: the loop ends
      if (stopping.signal.aborted) return;
      try {
        current = await what.start();
        report(`${what.name} is back (process ${current.pid})`);
        changed();
        await current.exited;
      } catch (error) {
        report(`${what.name} could not be restarted: ${messageOf(error)}`);
      }
      current = undefined;
      if (!stopping.signal.aborted) changed();
    }
  };

  const watched = current.exited.then(() => {
    current = undefined;
    if (stopping.signal.aborted) return;
    changed();
    return restart();
  });

  return {
    name: what.name,
    get pid() {
      return current?.pid;
    },
    kill: async (signal = 'SIGKILL') => {
      const target = current;
      target?.signal(signal);
      await target?.exited;
    },
    stop: async () => {
      stopping.abort();
      await current?.stop();
      await watched;
    },
  };
};
