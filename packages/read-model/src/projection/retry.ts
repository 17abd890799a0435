import type { EventLog, LogRecord, StoredEvent } from '@kuraxx/event-store';
import { sql } from 'kysely';
import type { Database, Sql } from '../database.ts';
import { failureOf } from '../errors.ts';
import { tables } from '../schema.ts';
import { type Aggregate, aggregateNamed, nameOf, partitionOf, recordsOf } from './aggregate.ts';
import { applyEvents } from './apply.ts';
import { lockCheckpoint, moveCheckpoint } from './checkpoint.ts';
import { lockNames } from './names.ts';
import { park, parkingOf } from './parked.ts';
import { type FailedEvent, readEvents } from './read-events.ts';

/** What came of a retry; `events` of the aggregate were applied. */
export type Retried =
  | { readonly outcome: 'unparked'; readonly events: number }
  | { readonly outcome: 'still parked'; readonly events: number; readonly reason: string }
  | { readonly outcome: 'not parked' };

/** Events per transaction: so long the projector of the partition waits. */
const maxBatch = 500;

const take = async (records: AsyncIterable<LogRecord>, count: number): Promise<LogRecord[]> => {
  const taken: LogRecord[] = [];
  if (count === 0) return taken;
  for await (const record of records) if (taken.push(record) === count) break;
  return taken;
};

/** Parts what was read at the first event that this build can't read. */
const untilFailure = (records: readonly LogRecord[]): { events: StoredEvent[]; failed: FailedEvent | undefined } => {
  const events: StoredEvent[] = [];
  for (const event of readEvents(records)) {
    if ('failure' in event) return { events, failed: event };
    events.push(event);
  }
  return { events, failed: undefined };
};

const findFrom = async (db: Sql, partition: string, name: string): Promise<number | undefined> => {
  const { rows } = await sql<{ from: number }>`select from_sequence::float8 as from from ${tables.parked}
    where partition = ${partition} and aggregate = ${name}`.execute(db);
  return rows[0]?.from;
};

type Step = { readonly isOver: boolean; readonly events: number; readonly reason?: string };

/**
 * Applies the next events of a parked aggregate, in one transaction that holds the partition's checkpoint: the projector waits
 * meanwhile, so that no event is both skipped there and missed here. When all up to the checkpoint are applied, nothing is parked any more.
 *
 * @param size events at most
 * @returns undefined when there is no such parking
 */
const step = (database: Database, log: EventLog, aggregate: Aggregate, size: number): Promise<Step | undefined> => {
  const partition = partitionOf(log, aggregate);
  const name = nameOf(aggregate);
  return database.transaction(`retry ${name}`, async (db) => {
    const checkpoint = await lockCheckpoint(db, partition, log.epochOf(partition));
    const from = await findFrom(db, String(partition), name);
    if (from === undefined) return undefined;
    const range = { after: from - 1, upTo: checkpoint.sequence };
    const records = await take(recordsOf(log, aggregate, range), size);
    const { events, failed } = untilFailure(records);
    await lockNames(db, partition, events);
    await applyEvents(db, events, 'all');
    if (failed !== undefined) {
      await park(db, [parkingOf(partition, name, failed)]);
      return { isOver: true, events: events.length, reason: failed.failure.reason };
    }
    const last = records.at(-1);
    if (records.length === size && last !== undefined) {
      await sql`update ${tables.parked} set from_sequence = ${last.position.sequence + 1},
          skipped = greatest(skipped - ${events.length}, 0)
        where partition = ${String(partition)} and aggregate = ${name}`.execute(db);
      return { isOver: false, events: events.length };
    }
    await sql`delete from ${tables.parked} where partition = ${String(partition)} and aggregate = ${name}`.execute(db);
    await moveCheckpoint(partition, { ...checkpoint, parked: checkpoint.parked - 1 }).execute(db);
    return { isOver: true, events: events.length };
  });
};

/** Notes why the next event of a parked aggregate can't be projected. */
const noteFailure = (
  database: Database,
  log: EventLog,
  aggregate: Aggregate,
  failure: FailedEvent['failure'],
): Promise<void> => {
  const partition = partitionOf(log, aggregate);
  return database.transaction('note a failure', async (db) => {
    const checkpoint = await lockCheckpoint(db, partition, log.epochOf(partition));
    const from = await findFrom(db, String(partition), nameOf(aggregate));
    if (from === undefined) return;
    const [record] = await take(recordsOf(log, aggregate, { after: from - 1, upTo: checkpoint.sequence }), 1);
    if (record !== undefined) await park(db, [parkingOf(partition, nameOf(aggregate), { record, failure })]);
  });
};

/**
 * Projects what was skipped of a parked room, account or file, in order from the event that parked it, and unparks it. Runs beside the
 * projector of the partition. When an event still can't be projected, what is before it stays applied and the parking moves there.
 *
 * @param name as in the list of what is parked
 * @throws {Unavailable} the log or the database is away; what was applied stays, and the rest stays parked
 */
export const retryParked = async (
  database: Database,
  log: EventLog,
  name: string,
  signal: AbortSignal,
): Promise<Retried> => {
  const aggregate = aggregateNamed(name);
  let events = 0;
  let size = maxBatch;
  for (;;) {
    signal.throwIfAborted();
    try {
      const done = await step(database, log, aggregate, size);
      if (done === undefined) return { outcome: 'not parked' };
      events += done.events;
      if (done.reason !== undefined) return { outcome: 'still parked', events, reason: done.reason };
      if (done.isOver) return { outcome: 'unparked', events };
      size = maxBatch;
    } catch (error) {
      const failure = failureOf(error);
      if (failure === undefined) throw error;
      if (size === 1) {
        await noteFailure(database, log, aggregate, failure);
        return { outcome: 'still parked', events, reason: failure.reason };
      }
      size = Math.ceil(size / 2); // until the one event is alone
    }
  }
};
