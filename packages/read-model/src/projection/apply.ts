import type { Partition, StoredEvent } from '@kuraxx/event-store';
import { sql } from 'kysely';
import type { Database, Sql } from '../database.ts';
import { Checkpoint } from '../entities/index.ts';
import { CheckpointBehind, EpochMismatch } from '../errors.ts';
import { tables } from '../schema.ts';
import { type Change, changesOf } from './changes.ts';
import { fold } from './fold.ts';
import { loadRows } from './load.ts';
import { writeDelta } from './write.ts';

/**
 * Sequence of the last event of a partition that the rows reflect; 0 at the beginning.
 *
 * @throws {EpochMismatch} when the rows were built from another log
 */
export const readCheckpoint = async (database: Database, partition: Partition, epoch: string): Promise<number> => {
  const row = await database.entities('read the checkpoint', (em) =>
    em.findOne(Checkpoint, { partition: String(partition) }),
  );
  if (row === null) return 0;
  if (row.epoch !== epoch) throw new EpochMismatch(row.partition, row.epoch, epoch);
  return row.sequence;
};

/** Any number that nobody else in the database takes for an advisory lock; see also `locks.ts`. */
const namesLock = 0x4b55524e;

/**
 * Accounts and rooms are projected side by side, so a SYSTEM message and the deletion of who it names may come in either
 * order, or at once. Who writes SYSTEM messages, or might write one back as it was read, and who takes names away wait for
 * each other: the later one sees what the earlier one did. Held to the end of the transaction.
 */
const lockNames = async (db: Sql, partition: Partition, changes: readonly Change[]): Promise<void> => {
  if (partition !== 'accounts') await sql`select pg_advisory_xact_lock_shared(${namesLock}::bigint)`.execute(db);
  else if (changes.some(({ kind }) => kind === 'eraseUser'))
    await sql`select pg_advisory_xact_lock(${namesLock}::bigint)`.execute(db);
};

/**
 * Applies a batch in one transaction with the checkpoint, which only ever moves forward: what lies before it is left out,
 * so a batch may be given again, and two appliers at once neither double nor skip.
 *
 * @param events in position order; those that change nothing here may be missing
 * @param upTo sequence up to which the log was read: the new checkpoint
 * @param after sequence after which the log was read; when the checkpoint is before it, nothing is applied
 * @returns the checkpoint, which is after `upTo` when somebody else was faster
 * @throws {CheckpointBehind} when the checkpoint is before `after`
 * @throws {EpochMismatch} when the rows were built from another log
 * @throws {ReadModelUnavailable} nothing or all of it was stored: apply it again
 */
export const applyBatch = (
  database: Database,
  partition: Partition,
  epoch: string,
  events: readonly StoredEvent[],
  upTo: number,
  after = 0,
): Promise<number> =>
  database.transaction(`apply events to partition ${partition}`, async (db) => {
    // an insert that updates in vain locks the row whether it is there or not: appliers come one after the other
    const { rows } = await sql<{ epoch: string; sequence: number }>`
      insert into ${tables.checkpoints} as c (partition, epoch, sequence) values (${String(partition)}, ${epoch}, 0)
      on conflict (partition) do update set sequence = c.sequence
      returning epoch, sequence::float8 as sequence`.execute(db);
    const checkpoint = rows[0]?.sequence ?? 0;
    const builtFrom = rows[0]?.epoch ?? epoch;
    if (builtFrom !== epoch) throw new EpochMismatch(String(partition), builtFrom, epoch);
    if (checkpoint < after) throw new CheckpointBehind(String(partition), checkpoint, after);
    if (upTo <= checkpoint) return checkpoint;

    const changes = events.filter(({ record }) => record.position.sequence > checkpoint).flatMap(changesOf);
    await lockNames(db, partition, changes);
    await writeDelta(db, fold(await loadRows(db, changes), changes));
    await sql`update ${tables.checkpoints} set sequence = ${upTo} where partition = ${String(partition)}`.execute(db);
    return upTo;
  });
