import type { Partition } from '@kuraxx/event-store';
import { type RawBuilder, sql } from 'kysely';
import type { Database, Sql } from '../database.ts';
import { Checkpoint } from '../entities/index.ts';
import { EpochMismatch } from '../errors.ts';
import { readSchema, tables } from '../schema.ts';
import { arrayText } from './array-text.ts';

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

/** Where the rows of each partition stand. */
export type Checkpoints = ReadonlyMap<
  Partition,
  { readonly epoch: string; readonly sequence: number; readonly parked: number }
>;

/**
 * All checkpoints of a read model; a partition from which nothing was applied yet may be missing.
 *
 * @param schema default: the one that `db` is bound to
 */
export const readCheckpoints = async (db: Sql, schema: string = readSchema): Promise<Checkpoints> => {
  const { rows } = await sql<{ partition: string; epoch: string; sequence: number; parked: number }>`
    select partition, epoch, sequence::float8 as sequence, parked
    from ${sql.table(`${schema}.checkpoints`)}`.execute(db);
  return new Map(rows.map(({ partition, ...row }) => [partition === 'accounts' ? partition : Number(partition), row]));
};

/** A checkpoint that nobody else moves until the transaction ends. `parked`: how many aggregates are. */
export type LockedCheckpoint = { readonly sequence: number; readonly parked: number };

/** Appliers of a partition come one after the other. @throws {EpochMismatch} */
export const lockCheckpoint = async (db: Sql, partition: Partition, epoch: string): Promise<LockedCheckpoint> => {
  const name = String(partition);
  const select = sql<LockedCheckpoint & { epoch: string }>`
    select epoch, sequence::float8 as sequence, parked from ${tables.checkpoints} where partition = ${name} for update`;
  let [row] = (await select.execute(db)).rows;
  if (row === undefined) {
    await sql`insert into ${tables.checkpoints} (partition, epoch, sequence) values (${name}, ${epoch}, 0)
      on conflict do nothing`.execute(db);
    [row] = (await select.execute(db)).rows;
  }
  if (row === undefined) throw new Error(`the checkpoint of partition ${name} was removed at this very moment`);
  if (row.epoch !== epoch) throw new EpochMismatch(name, row.epoch, epoch);
  return row;
};

/** Moves a checkpoint that is locked. */
export const moveCheckpoint = (partition: Partition, to: LockedCheckpoint) => sql`
  update ${tables.checkpoints} set sequence = ${to.sequence}, parked = ${to.parked} where partition = ${String(partition)}`;

/** A checkpoint as it is stored. */
export type StoredCheckpoint = LockedCheckpoint & { readonly partition: string; readonly epoch: string };

/**
 * Locks those of several partitions, by their names, without waiting: whoever holds one of them must not hold up all others. Partitions without a
 * checkpoint are missing. In the same trip, for each of them, waits for `lock`. @throws when one is taken, see `isLockTaken`
 */
export const lockCheckpoints = async (
  db: Sql,
  partitions: readonly Partition[],
  lock: RawBuilder<unknown>,
): Promise<ReadonlyMap<string, StoredCheckpoint>> => {
  const { rows } = await sql<StoredCheckpoint>`
    select partition, epoch, sequence::float8 as sequence, parked, ${lock} from ${tables.checkpoints}
    where partition = any(${arrayText(partitions, String)}::text[])
    order by partition for update nowait`.execute(db);
  return new Map(rows.map((row) => [row.partition, row]));
};

/** Moves several that are locked; how many are parked stays. */
export const moveCheckpoints = (moves: readonly { readonly partition: Partition; readonly upTo: number }[]) => sql`
  update ${tables.checkpoints} c set sequence = k.sequence
  from unnest(${arrayText(moves, ({ partition }) => String(partition))}::text[],
    ${arrayText(moves, ({ upTo }) => upTo)}::bigint[]) as k (partition, sequence)
  where c.partition = k.partition`;
