import type { NatsConnection } from 'nats';
import { describeLog } from './describe-log.ts';
import { openEventLog } from './open-event-log.ts';
import type { EventLog } from './ports.ts';

/**
 * Opens a log that has been set up before, with the number of partitions that it has. Sets nothing up. The connection stays
 * the caller's.
 *
 * @throws {Error} when there is no log, or a part of it is missing
 * @throws {Unavailable} when NATS is away
 */
export const openExistingLog = async (options: {
  readonly nats: NatsConnection;
  /** Who asks, for the `ce-source` header of what they append. */
  readonly source: string;
}): Promise<EventLog & { close(): Promise<void> }> => {
  const { roomPartitions, missing } = await describeLog(options.nats);
  if (roomPartitions === undefined) throw new Error('there is no KuraXX log on this NATS server');
  if (missing.length > 0) throw new Error(`the log is not whole: no stream for partition ${missing.join(', ')}`);
  return openEventLog({ ...options, roomPartitions });
};
