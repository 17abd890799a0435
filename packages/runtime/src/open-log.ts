import { setTimeout as delay } from 'node:timers/promises';
import { type EventLog, NotSetUp, openEventLog } from '@kuraxx/event-store';
import type { NatsConnection } from 'nats';
import type { Config } from './config.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Logger } from './logger.ts';
import { connectNats } from './nats.ts';
import { createNatsLink } from './nats-link.ts';
import type { Operations } from './operations/open-operations.ts';
import { natsCheck } from './operations/standard-checks.ts';

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
 * after everything that is opened later. Waits for a log that this user may not set up itself. `/readyz` tells what keeps it from NATS, from the
 * first attempt on.
 *
 * @param service as the server's connection list and the events' `ce-source` (`kuraxx/<service>`) name it
 * @throws {Error} when the log was set up with another number of partitions, or a stream is not ours
 */
export const openLog = async (
  service: string,
  config: Pick<Config, 'nats' | 'log'>,
  {
    life,
    operations,
    logger,
  }: {
    readonly life: Pick<Lifecycle, 'open'>;
    readonly operations: Pick<Operations, 'check'>;
    readonly logger: Logger;
  },
): Promise<{ readonly nats: NatsConnection; readonly log: EventLog }> => {
  const link = createNatsLink(logger);
  operations.check(natsCheck(link));
  const nats = await life.open(
    'nats',
    () => connectNats(config.nats, service, link, logger),
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
