import { type EventLog, openEventLog } from '@kuraxx/event-store';
import type { NatsConnection } from 'nats';
import type { Config } from './config.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Logger } from './logger.ts';
import { connectNats } from './nats.ts';

/**
 * What every service opens first: its connection to NATS, and the log on it. Both are closed with the service's life,
 * after everything that is opened later.
 *
 * @param service as the server's connection list and the events' `ce-source` (`kuraxx/<service>`) name it
 * @throws {Error} when the log was set up with another number of partitions, or a stream is not ours
 */
export const openLog = async (
  service: string,
  config: Pick<Config, 'natsUrl' | 'log'>,
  life: Pick<Lifecycle, 'open'>,
  logger: Logger,
): Promise<{ readonly nats: NatsConnection; readonly log: EventLog }> => {
  const nats = await life.open(
    'nats',
    () => connectNats(config.natsUrl, `kuraxx-${service}`, logger),
    (connection) => connection.drain(),
  );
  const { partitions: roomPartitions, replicas } = config.log;
  const log = await life.open(
    'log',
    () => openEventLog({ nats, source: `kuraxx/${service}`, roomPartitions, replicas }),
    (opened) => opened.close(),
  );
  return { nats, log };
};
