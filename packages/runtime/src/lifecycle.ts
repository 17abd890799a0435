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
 */
export const lifecycle = (logger: Logger): Lifecycle => {
  const open: { name: string; stop: () => unknown }[] = [];
  let stopping = false;

  const shutDown = async (reason: string, exitCode: number): Promise<void> => {
    if (stopping) return;
    stopping = true;
    logger.info({ reason }, 'stopping');
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
  process.once('SIGTERM', () => void shutDown('SIGTERM', 0));
  process.once('SIGINT', () => void shutDown('SIGINT', 0));
  process.on('uncaughtException', fatal);
  process.on('unhandledRejection', fatal);

  return {
    async open(name, start, stop) {
      const part = await start();
      if (stop !== undefined) open.push({ name, stop: () => stop(part) });
      return part;
    },
    shutDown,
    isStopping: () => stopping,
  };
};
