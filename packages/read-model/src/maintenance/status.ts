import type { EventLog, Partition, Serving } from '@kuraxx/event-store';
import { sql } from 'kysely';
import type { Connections } from '../database.ts';
import { listModels, type ModelState } from '../models.ts';
import { readCheckpoints } from '../projection/checkpoint.ts';
import { lockClass, lockObjectOf } from '../projection/locks.ts';
import { listParked, type Parked } from '../projection/parked.ts';
import { firstSchema, tables } from '../schema.ts';
import { headsOf } from './replay.ts';

export type PartitionState = {
  readonly partition: Partition;
  /** Sequence of the last event in the rows. */
  readonly checkpoint: number;
  /** Sequence of the last event in the log. */
  readonly head: number;
  readonly lag: number;
  readonly parked: number;
  /** Whether a process works on it at the moment. */
  readonly worked: boolean;
  /** Its rows were built from another log than the one that is there now. */
  readonly foreign: boolean;
};

export type ReadModelStatus = ModelState & {
  readonly serves: boolean;
  /** Where a rollback goes. */
  readonly isPrevious: boolean;
  readonly partitions: readonly PartitionState[];
  readonly parked: readonly Parked[];
};

export type ProjectionsStatus = {
  readonly serving: Serving;
  readonly models: readonly ReadModelStatus[];
};

const readLocks = async (connections: Connections): Promise<ReadonlySet<number>> => {
  const { rows } = await connections.in(firstSchema).run('look who works on what', (db) =>
    sql<{ object: number }>`
      select objid::int as object from pg_locks
      where locktype = 'advisory' and granted and classid = ${lockClass}
        and database = (select oid from pg_database where datname = current_database())`.execute(db),
  );
  return new Set(rows.map(({ object }) => object));
};

/** How all read models stand. @throws {Unavailable} */
export const readStatus = async (connections: Connections, log: EventLog): Promise<ProjectionsStatus> => {
  const lasting = connections.in(firstSchema);
  const models = await listModels(lasting);
  const { rows } = await lasting.run('look which read model serves', (db) =>
    sql<Serving & { previous: string | null }>`
      select schema, previous, generation::float8 as generation from ${tables.serving}`.execute(db),
  );
  const [serving] = rows;
  if (serving === undefined) throw new Error('no read model serves: the table kuraxx.serving is empty');
  const [heads, locks] = [await headsOf(log), await readLocks(connections)];
  const statuses: ReadModelStatus[] = [];
  for (const model of models) {
    const { schema } = model;
    const database = connections.in(schema);
    const checkpoints = await database.run('read the checkpoints', (db) => readCheckpoints(db));
    const parked = await database.run('list what is parked', listParked);
    const partitions = log.partitions.map((partition): PartitionState => {
      const at = checkpoints.get(partition);
      const foreign = at !== undefined && at.epoch !== log.epochOf(partition);
      const [checkpoint, head] = [foreign ? 0 : (at?.sequence ?? 0), heads.get(partition) ?? 0];
      return {
        partition,
        checkpoint,
        head,
        lag: Math.max(0, head - checkpoint),
        parked: at?.parked ?? 0,
        worked: locks.has(lockObjectOf(schema, partition)),
        foreign,
      };
    });
    statuses.push({
      ...model,
      serves: schema === serving.schema,
      isPrevious: schema === serving.previous,
      partitions,
      parked,
    });
  }
  return { serving: { schema: serving.schema, generation: serving.generation }, models: statuses };
};
