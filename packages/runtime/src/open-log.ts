import { setTimeout as delay } from 'node:timers/promises';
import { type EventLog, NotSetUp, openEventLog } from '@kuraxx/event-store';
import type { NatsConnection } from 'nats';
import type { Config } from './config.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Logger } from './logger.ts';
import { connectNats } from './nats.ts';

const lookAgainMs = 1_000;

/** Somebody with the right to is about to set the log up: a service that was started before them waits. */
const untilSetUp = async <T>(open: () => Promise<T>, logger: Logger): Promise<T> => {
  for (let tries = 1; ; tries++) {
    try {
      return await open();
    } catch (error) {
      if (!(error instanceof NotSetUp)) throw error;
      if (tries === 1) logger.warn({ err: error }, 'waiting for the log to be set up');
      await delay(lookAgainMs);
    }
  }
};

/**
 * What every service opens first: its connection to NATS, and the log on it. Both are closed with the service's life,
 * after everything that is opened later. Waits for a log that this user may not set up itself.
 *
 * @param service as the server's connection list and the events' `ce-source` (`kuraxx/<service>`) name it
 * @throws {Error} when the log was set up with another number of partitions, or a stream is not ours
 */
export const openLog = async (
  service: string,
  config: Pick<Config, 'nats' | 'log'>,
  life: Pick<Lifecycle, 'open'>,
  logger: Logger,
): Promise<{ readonly nats: NatsConnection; readonly log: EventLog }> => {
  const nats = await life.open(
    'nats',
    () => connectNats(config.nats, service, logger),
    (connection) => connection.drain(),
  );
  const source = `kuraxx/${service}`;
  const { partitions: roomPartitions, replicas } = config.log;
  const open = () => openEventLog({ nats, source, roomPartitions, replicas });
  const log = await life.open(
    'log',
    () => untilSetUp(open, logger),
    (opened) => opened.close(),
  );
  return { nats, log };
};
