import type { Partition } from '@kuraxx/event-store';
import { sql } from 'kysely';
import type { Sql } from '../database.ts';
import { iso, tables } from '../schema.ts';
import type { FailedEvent } from './read-events.ts';

/**
 * Why an aggregate is parked: this build can't read an event (`unreadable`), the projection threw on it (`handler`), or Postgres
 * refused its rows (`refused`).
 */
export type ParkingCause = 'unreadable' | 'handler' | 'refused';

/** An aggregate whose rows stand still, while all others go on. */
export type Parking = {
  readonly partition: Partition;
  /** `room:<id>`, `account:<id>` or `file:<user>/<id>`. */
  readonly aggregate: string;
  /** Sequence of the first event that is not in the rows. */
  readonly fromSequence: number;
  readonly cause: ParkingCause;
  readonly reason: string;
  readonly wireType: string;
  readonly eventId: string;
};

/** A parking as it stands now. */
export type Parked = Parking & {
  /** How many events after that one have come. */
  readonly skipped: number;
  /** Since when, ISO 8601. */
  readonly at: string;
};

/** What to park an aggregate with because of an event. */
export const parkingOf = (partition: Partition, aggregate: string, { record, failure }: FailedEvent): Parking => ({
  partition,
  aggregate,
  fromSequence: record.position.sequence,
  ...failure,
  wireType: record.wireType,
  eventId: record.eventId,
});

const maxReasonLength = 1000;

/** Parks aggregates that are not parked yet, or moves parkings to another event. */
export const park = async (db: Sql, parkings: readonly Parking[]): Promise<void> => {
  if (parkings.length === 0) return;
  const column = <T>(of: (parking: Parking) => T): T[] => parkings.map(of);
  await sql`
    insert into ${tables.parked} as p (partition, aggregate, from_sequence, skipped, cause, reason, wire_type, event_id, at)
    select *, now() from unnest(
      ${column((one) => String(one.partition))}::text[], ${column((one) => one.aggregate)}::text[],
      ${column((one) => one.fromSequence)}::bigint[], ${column(() => 0)}::bigint[], ${column((one) => one.cause)}::text[],
      ${column((one) => storable(one.reason))}::text[], ${column((one) => storable(one.wireType))}::text[],
      ${column((one) => storable(one.eventId))}::text[])
    on conflict (partition, aggregate) do update set
      from_sequence = excluded.from_sequence, cause = excluded.cause, reason = excluded.reason,
      wire_type = excluded.wire_type, event_id = excluded.event_id`.execute(db);
};

/** Text that Postgres takes whatever is in it. */
const storable = (text: string): string => text.slice(0, maxReasonLength).replaceAll('\0', '\uFFFD').toWellFormed();

/** Counts events that were skipped because their aggregate is parked. */
export const countSkipped = async (
  db: Sql,
  partition: Partition,
  skipped: ReadonlyMap<string, number>,
): Promise<void> => {
  if (skipped.size === 0) return;
  await sql`
    update ${tables.parked} p set skipped = p.skipped + k.count
    from unnest(${[...skipped.keys()]}::text[], ${[...skipped.values()]}::bigint[]) as k (aggregate, count)
    where p.partition = ${String(partition)} and p.aggregate = k.aggregate`.execute(db);
};

export const parkedNames = async (db: Sql, partition: Partition): Promise<Set<string>> => {
  const { rows } = await sql<{ aggregate: string }>`
    select aggregate from ${tables.parked} where partition = ${String(partition)}`.execute(db);
  return new Set(rows.map(({ aggregate }) => aggregate));
};

type Row = Omit<Parked, 'partition'> & { readonly partition: string };

/** All that is parked, the longest first. */
export const listParked = async (db: Sql): Promise<Parked[]> => {
  const { rows } = await sql<Row>`
    select partition, aggregate, from_sequence::float8 as "fromSequence", skipped::float8 as skipped, cause, reason,
      wire_type as "wireType", event_id as "eventId", ${iso('at')} as at
    from ${tables.parked} order by at, partition, aggregate`.execute(db);
  return rows.map((row) => ({
    ...row,
    partition: row.partition === 'accounts' ? row.partition : Number(row.partition),
  }));
};
