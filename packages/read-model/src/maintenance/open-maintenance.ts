import type { EventLog, Serving } from '@kuraxx/event-store';
import { openConnections } from '../database.ts';
import { createLocks } from '../projection/locks.ts';
import { createProjections } from '../projection/projections.ts';
import type { Retried } from '../projection/retry.ts';
import type { Comparison } from './compare.ts';
import { countThere, type RowKind } from './count-there.ts';
import { dropReadModel } from './drop.ts';
import { type RebuildOptions, type Rebuilt, rebuild } from './rebuild.ts';
import { MaintenanceRefused } from './refused.ts';
import type { ReplayProgress } from './replay.ts';
import { type ProjectionsStatus, readStatus } from './status.ts';
import { switchServing } from './switch-serving.ts';
import { verify } from './verify.ts';

/** A table may be large, and its hash takes a while. */
const statementTimeoutMs = 60 * 60_000;

/** Work on the read models as a whole. Two at once are refused, in the whole system; `status` and `retry` may run beside. */
export type Maintenance = {
  status(): Promise<ProjectionsStatus>;
  /** See `rebuild`. */
  rebuild(options: RebuildOptions): Promise<Rebuilt>;
  /** Compares a read model with the serving one at the same positions. */
  verify(
    schema: string,
    options: { readonly signal: AbortSignal; readonly onProgress?: (progress: ReplayProgress) => void },
  ): Promise<Comparison>;
  /** Makes another read model the serving one, in one transaction. @returns what serves now */
  switchTo(schema: string): Promise<Serving & { readonly previous: string }>;
  /** Back to the one that served before. */
  rollback(): Promise<Serving & { readonly previous: string }>;
  /** Removes a read model that doesn't serve. */
  drop(schema: string, signal: AbortSignal): Promise<void>;
  /** Projects what was skipped of a parked room, account or file. @param name as `status` says it */
  retry(schema: string, name: string, signal: AbortSignal): Promise<Retried>;
  /** How many of these ids have a row in a read model. */
  countThere(schema: string, kind: RowKind, ids: readonly string[]): Promise<number>;
  close(): Promise<void>;
};

/** The log stays the caller's. */
export const openMaintenance = async (databaseUrl: string, log: EventLog): Promise<Maintenance> => {
  const connections = await openConnections(databaseUrl, { poolSize: 8, statementTimeoutMs });
  // a crash that undoes some of a replay undoes its checkpoints too; what is done with it later is flushed, and all before with that
  const replaying = await openConnections(databaseUrl, {
    poolSize: log.partitions.length + 1,
    statementTimeoutMs,
    flushCommits: false,
  });
  const locks = createLocks(connections);
  const projectionInto = createProjections(connections, locks);
  const replayInto = createProjections(replaying, locks);

  const alone = async <T>(work: () => Promise<T>): Promise<T> => {
    const lock = await locks.tryMaintenance();
    if (lock === undefined) throw new MaintenanceRefused('somebody else works on the read models at the moment');
    try {
      return await work();
    } finally {
      await lock.release();
    }
  };
  return {
    status: () => readStatus(connections, log),
    rebuild: (options) => alone(() => rebuild({ connections, databaseUrl, log, projectionInto: replayInto }, options)),
    verify: (schema, options) => alone(() => verify({ connections, log, projection: replayInto(schema) }, options)),
    switchTo: (schema) => alone(() => switchServing(connections, log, () => schema)),
    rollback: () =>
      alone(() =>
        switchServing(connections, log, ({ previous }) => {
          if (previous === null) throw new MaintenanceRefused('there is none to go back to');
          return previous;
        }),
      ),
    drop: (schema, signal) => alone(() => dropReadModel(connections, log, projectionInto(schema), signal)),
    retry: (schema, name, signal) => projectionInto(schema).retry(log, name, signal),
    countThere: (schema, kind, ids) => countThere(connections.in(schema), kind, ids),
    close: async () => {
      locks.close();
      await replaying.close();
      await connections.close();
    },
  };
};
