import type { Partition, StoredEvent } from '@kuraxx/event-store';
import type { RawBuilder } from 'kysely';
import type { Database, Sql } from '../database.ts';
import { CheckpointBehind, HandlerFailed, isUniqueViolation, TooManyParked } from '../errors.ts';
import { aggregateOf, nameOf } from './aggregate.ts';
import { type Change, changesOf } from './changes.ts';
import { lockCheckpoint, moveCheckpoint } from './checkpoint.ts';
import { type Delta, fold } from './fold.ts';
import { type LookUp, loadRows } from './load.ts';
import { lockNames } from './names.ts';
import { countSkipped, type Parking, park, parkedNames, parkingOf } from './parked.ts';
import type { ReadEvent } from './read-events.ts';
import { writeInOne, writesOf } from './write.ts';

/** Events of a transaction beside which others read and write: more gain little, and hold them up. */
export const usualBatch = 500;

/** @throws {HandlerFailed} when the projection itself throws: it would again */
const handled = <T>(work: () => T): T => {
  try {
    return work();
  } catch (cause) {
    throw new HandlerFailed(cause);
  }
};

/**
 * Brings events into the rows, within the caller's transaction, which holds the lock of names (`lockNames`).
 *
 * @param writes go in the same trip to the database, and touch other rows
 * @throws {HandlerFailed}
 */
export const applyEvents = async (
  db: Sql,
  events: readonly StoredEvent[],
  lookUp: LookUp,
  writes: readonly RawBuilder<unknown>[] = [],
): Promise<void> => {
  const changes = handled(() => events.flatMap(changesOf));
  const delta = changes.length === 0 ? [] : writesOf(await loadAndFold(db, changes, lookUp));
  await writeInOne(db, [...delta, ...writes]);
};

const loadAndFold = async (db: Sql, changes: readonly Change[], lookUp: LookUp): Promise<Delta> => {
  const rows = await loadRows(db, changes, lookUp);
  return handled(() => fold(rows, changes));
};

/** What became of a batch. */
export type Applied = {
  /** The checkpoint, which is after `upTo` when somebody else was faster. */
  readonly sequence: number;
  /** How many aggregates of the partition are parked now. */
  readonly parked: number;
  /** Those that this batch has parked. */
  readonly newlyParked: readonly Parking[];
};

/** `applyBatch` into a certain read model. */
export type Apply = (
  partition: Partition,
  epoch: string,
  events: readonly ReadEvent[],
  upTo: number,
  after?: number,
) => Promise<Applied>;

/** Parts a batch into what is applied, what parks its aggregate, and what is skipped because its aggregate is parked already. */
const sort = (partition: Partition, events: readonly ReadEvent[], parked: Set<string>) => {
  const applicable: StoredEvent[] = [];
  const newlyParked: Parking[] = [];
  const skipped = new Map<string, number>();
  for (const event of events) {
    const aggregate = aggregateOf(event.record);
    if (aggregate === undefined) continue;
    const name = nameOf(aggregate);
    if (parked.has(name)) skipped.set(name, (skipped.get(name) ?? 0) + 1);
    else if ('failure' in event) {
      parked.add(name);
      newlyParked.push(parkingOf(partition, name, event));
    } else applicable.push(event);
  }
  return { applicable, newlyParked, skipped };
};

/** More than so many in one partition is no accident of single events: it stands still as a whole, until somebody looks. */
const maxParked = 1000;

/**
 * Applies a batch in one transaction with the checkpoint, which only ever moves forward: what lies before it is left out,
 * so a batch may be given again, and two appliers at once neither double nor skip. An event that failed parks its aggregate:
 * its later events are skipped, here and from now on, until it is retried.
 *
 * @param events in position order; those that change nothing here may be missing
 * @param upTo sequence up to which the log was read: the new checkpoint
 * @param after sequence after which the log was read; when the checkpoint is before it, nothing is applied
 * @throws {CheckpointBehind} when the checkpoint is before `after`
 * @throws {EpochMismatch} when the rows were built from another log
 * @throws {HandlerFailed} when the projection threw on an event
 * @throws {ReadModelUnavailable} nothing or all of it was stored: apply it again
 */
export const applyBatch = async (
  database: Database,
  partition: Partition,
  epoch: string,
  events: readonly ReadEvent[],
  upTo: number,
  after = 0,
): Promise<Applied> => {
  try {
    return await attempt(database, partition, epoch, events, upTo, after, 'changed');
  } catch (error) {
    // a message that was sent twice, most likely
    if (!isUniqueViolation(error)) throw error;
    return attempt(database, partition, epoch, events, upTo, after, 'all');
  }
};

const attempt = (
  database: Database,
  partition: Partition,
  epoch: string,
  events: readonly ReadEvent[],
  upTo: number,
  after: number,
  lookUp: LookUp,
): Promise<Applied> =>
  database.transaction(`apply events to partition ${partition}`, async (db) => {
    const before = await lockCheckpoint(db, partition, epoch);
    if (before.sequence < after) throw new CheckpointBehind(String(partition), before.sequence, after);
    if (upTo <= before.sequence) return { ...before, newlyParked: [] };

    const parked = before.parked === 0 ? new Set<string>() : await parkedNames(db, partition);
    const fresh = events.filter(({ record }) => record.position.sequence > before.sequence);
    const { applicable, newlyParked, skipped } = sort(partition, fresh, parked);
    if (newlyParked.length > 0 && parked.size > maxParked) throw new TooManyParked(partition, parked.size);
    await lockNames(db, partition, applicable);
    const now = { sequence: upTo, parked: before.parked + newlyParked.length };
    await applyEvents(db, applicable, lookUp, [moveCheckpoint(partition, now)]);
    await park(db, newlyParked);
    await countSkipped(db, partition, skipped);
    return { ...now, newlyParked };
  });
