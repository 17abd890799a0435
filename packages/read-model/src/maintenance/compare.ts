import type { EventLog, Partition } from '@kuraxx/event-store';
import { pause } from '@kuraxx/runtime';
import type { Connections, Sql } from '../database.ts';
import { readCheckpoints } from '../projection/checkpoint.ts';
import type { Projection } from '../projection/projections.ts';
import { type Fingerprint, fingerprint, readShape } from './fingerprint.ts';
import { MaintenanceRefused, NothingToCompare } from './refused.ts';
import { type HeldPartitions, type ReplayProgress, replay } from './replay.ts';

/** One table in both read models; `undefined` where a read model has no such table. */
export type ComparedTable = {
  readonly table: string;
  readonly serving: Fingerprint | undefined;
  readonly other: Fingerprint | undefined;
  readonly equal: boolean;
  /** Columns that only one of them has; they are left out. */
  readonly differentColumns: readonly string[];
};

/** Both read models at the same positions. */
export type Comparison = {
  readonly equal: boolean;
  readonly tables: readonly ComparedTable[];
  /** The positions: the last event of each partition that is in both. */
  readonly checkpoints: ReadonlyMap<Partition, number>;
  /** How many rooms and accounts are parked; with different numbers the rows differ. */
  readonly parked: { readonly serving: number; readonly other: number };
};

/** So long the serving read model may take to reach the other one, which may be ahead of it for a moment. */
const waitMs = 30_000;

const compareTables = async (
  serving: { readonly db: Sql; readonly schema: string },
  other: { readonly db: Sql; readonly schema: string },
): Promise<ComparedTable[]> => {
  const [left, right] = await Promise.all([readShape(serving.db, serving.schema), readShape(other.db, other.schema)]);
  const compared: ComparedTable[] = [];
  for (const table of [...new Set([...left.keys(), ...right.keys()])].toSorted()) {
    const [ours, theirs] = [left.get(table), right.get(table)];
    const both = (ours ?? []).filter((column) => theirs?.includes(column) ?? false);
    // One after the other: each reads a whole table, beside readers that wait for the same cores
    const first = ours === undefined ? undefined : await fingerprint(serving.db, serving.schema, table, both);
    const second = theirs === undefined ? undefined : await fingerprint(other.db, other.schema, table, both);
    compared.push({
      table,
      serving: first,
      other: second,
      equal: first !== undefined && first.rows === second?.rows && first.hash === second.hash,
      differentColumns: [...(ours ?? []), ...(theirs ?? [])].filter((column) => !both.includes(column)),
    });
  }
  return compared;
};

const parkedIn = (checkpoints: Awaited<ReturnType<typeof readCheckpoints>>): number =>
  [...checkpoints.values()].reduce((sum, { parked }) => sum + parked, 0);

/**
 * Compares a read model that nobody else moves (its partitions are held) with the serving one, which goes on: the serving one is
 * looked at in a snapshot, the other one is brought to exactly the snapshot's positions, and then both are counted and hashed.
 *
 * @throws {NothingToCompare} @throws {MaintenanceRefused} when they can't be compared for another reason
 */
export const compareWithServing = async (needs: {
  readonly connections: Connections;
  readonly log: EventLog;
  readonly servingSchema: string;
  readonly projection: Projection;
  readonly held: HeldPartitions;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: ReplayProgress) => void;
}): Promise<Comparison> => {
  const { connections, log, servingSchema, projection, signal } = needs;
  const { schema } = projection;

  /** @returns undefined when the serving one was behind the other one */
  const attempt = (): Promise<Comparison | undefined> =>
    connections.in(servingSchema).snapshot('compare read models', async (snapshot) => {
      const serving = await readCheckpoints(snapshot);
      const targets = new Map<Partition, number>();
      for (const partition of log.partitions) {
        const epoch = log.epochOf(partition);
        const at = serving.get(partition);
        if (at !== undefined && at.epoch !== epoch) {
          throw new NothingToCompare(`${servingSchema} was built from another log: there is nothing to compare with`);
        }
        const target = at?.sequence ?? 0;
        const head = await log.head(partition); // after the snapshot: it can't be behind it
        if (target > head) {
          throw new NothingToCompare(
            `partition ${partition} of the log ends at ${head}, and ${servingSchema} is at ${target}: there is nothing to compare with`,
          );
        }
        if ((await projection.checkpoint(partition, epoch)) > target) return undefined;
        targets.set(partition, target);
      }
      await replay({ ...needs, targets, pace: 'full' }); // little is left, and the snapshot holds up what cleans the tables
      const other = await connections.in(schema).run('look how far it is', readCheckpoints);
      const tables = await connections
        .in(schema)
        .snapshot('compare read models', (db) =>
          compareTables({ db: snapshot, schema: servingSchema }, { db, schema }),
        );
      return {
        equal: tables.every(({ equal }) => equal),
        tables,
        checkpoints: targets,
        parked: { serving: parkedIn(serving), other: parkedIn(other) },
      };
    });

  for (const deadline = Date.now() + waitMs; ; ) {
    const comparison = await attempt();
    if (comparison !== undefined) return comparison;
    if (Date.now() > deadline) {
      throw new MaintenanceRefused(
        `${servingSchema} is behind ${schema} and does not catch up: is a projector running?`,
      );
    }
    await pause(200, signal);
    signal.throwIfAborted();
  }
};
