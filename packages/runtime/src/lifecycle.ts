import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';

/** How long a service may take to stop before it is ended. */
const stopDeadlineMs = 15_000;

export type Lifecycle = {
  /** Starts a part; parts are stopped in reverse order. Rejects as `start` does, after stopping what was open. */
  open<T>(name: string, start: () => Promise<T> | T, stop?: (part: T) => unknown): Promise<T>;
  /** Stops everything and ends the process with `exitCode`. A second call does nothing. */
  shutDown(reason: string, exitCode: number): Promise<void>;
  /** From the signal on. */
  isStopping(): boolean;
};

/**
 * Opens the parts of a service in order and closes them in reverse on SIGTERM, SIGINT or a fatal error.
 * When stopping takes longer than 15 seconds the process ends with code 1.
 *
 * @param options.stopDelayMs how long all goes on as before after SIGTERM, while `isStopping` is true already: time for load balancers to see
 *   it in /readyz or /health. Default 0; a Ctrl-C and a fatal error don't wait.
 */
export const lifecycle = (logger: Logger, { stopDelayMs = 0 }: { readonly stopDelayMs?: number } = {}): Lifecycle => {
  const open: { name: string; stop: () => unknown }[] = [];
  let stopping = false;

  let isClosing = false;
  const shutDown = async (reason: string, exitCode: number, delayMs = 0): Promise<void> => {
    if (isClosing || (stopping && delayMs > 0)) return; // what is fatal while it waits doesn't wait
    stopping = true;
    logger.info({ reason }, 'stopping');
    if (delayMs > 0) await delay(delayMs);
    if (isClosing) return;
    isClosing = true;
    const deadline = setTimeout(() => {
      logger.error('stopping took too long');
      process.exit(1);
    }, stopDeadlineMs);
    deadline.unref();
    let code = exitCode;
    for (const part of open.toReversed()) {
      try {
        await part.stop();
      } catch (error) {
        code = 1;
        logger.error({ err: error, part: part.name }, 'could not stop cleanly');
      }
    }
    logger.info('stopped');
    process.exit(code);
  };

  const fatal = (error: unknown) => {
    logger.fatal({ err: error }, 'fatal error');
    void shutDown('fatal error', 1);
  };
  process.once('SIGTERM', () => void shutDown('SIGTERM', 0, stopDelayMs));
  process.once('SIGINT', () => void shutDown('SIGINT', 0));
  process.on('uncaughtException', fatal);
  process.on('unhandledRejection', fatal);

  return {
    async open(name, start, stop) {
      const part = await start();
      if (stop !== undefined) open.push({ name, stop: () => stop(part) });
      return part;
    },
    shutDown: (reason, exitCode) => shutDown(reason, exitCode),
    isStopping: () => stopping,
  };
};
