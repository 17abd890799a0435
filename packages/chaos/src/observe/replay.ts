import { decodeRecord, type EventLog, type LogRecord, openEventLog, type StoredEvent } from '@kuraxx/event-store';
import { firstSchema, migrateReadModel, openReadModel } from '@kuraxx/read-model';
import type { NatsConnection } from 'nats';
import type { Tables } from '../check/rows.ts';
import { createDatabaseBeside, readTables } from './read-rows.ts';

const batch = 250;

const readUpTo = async (log: EventLog, partition: EventLog['partitions'][number]): Promise<LogRecord[]> => {
  const head = await log.head(partition);
  if (head === 0) return [];
  const records: LogRecord[] = [];
  const done = Promise.withResolvers<void>();
  const consumption = await log.consume(partition, { after: 0 }, async (came) => {
    records.push(...came);
    if ((came.at(-1)?.position.sequence ?? 0) >= head) done.resolve();
  });
  try {
    await Promise.race([done.promise, consumption.failed]);
  } finally {
    await consumption.stop();
  }
  return records;
};

/**
 * Fills an empty read model from the log, as a projector that starts from nothing does.
 *
 * @returns its tables
 */
export const replay = async (nats: NatsConnection, databaseUrl: string): Promise<Tables> => {
  const empty = await createDatabaseBeside(databaseUrl, `replay_${Date.now()}`);
  await migrateReadModel(empty);
  const readModel = await openReadModel({ databaseUrl: empty, statementTimeoutMs: 60_000 });
  const projection = readModel.projectionInto(firstSchema);
  const log = await openEventLog({ nats, source: 'kuraxx/chaos' });
  try {
    for (const partition of log.partitions) {
      const records = await readUpTo(log, partition);
      for (let start = 0; start < records.length; start += batch) {
        const part = records.slice(start, start + batch);
        const events = part.map(decodeRecord).filter((event): event is StoredEvent => event !== undefined);
        const upTo = part.at(-1)?.position.sequence ?? 0;
        await projection.apply(partition, log.epochOf(partition), events, upTo);
      }
    }
    return await readTables(empty);
  } finally {
    await log.close();
    await readModel.close();
  }
};
