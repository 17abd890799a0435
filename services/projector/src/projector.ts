import type { EventLog, Partition } from '@kuraxx/event-store';
import { type ReadModel, ReadModelUnavailable } from '@kuraxx/read-model';
import { backOffMs, pause, type Tracing } from '@kuraxx/runtime';
import type { Logger } from 'pino';
import { type Announce, createAnnouncer } from './announcer.ts';
import type { ObserveBatch } from './metrics.ts';
import { runPartition } from './partition.ts';
import { initialStatus, type Status } from './status.ts';

const announceEveryMs = 1000;
/** How soon a read model that is to be followed, or no longer, is noticed. */
const lookEveryMs = 500;

export type ProjectorDependencies = {
  readonly log: EventLog;
  readonly readModel: Pick<ReadModel, 'projectionInto' | 'models' | 'serving'>;
  /** Brings the schemas up to date; tried until it succeeds while Postgres is away. */
  readonly migrate: () => Promise<void>;
  /** Tells readers how far a partition of the serving read model is. At most once: repeated every second. */
  readonly announce: Announce;
  readonly observe: ObserveBatch;
  /** Absent: nothing is traced. */
  readonly tracing?: Tracing | undefined;
  readonly logger: Logger;
};

/** How one partition of one read model stands in this process. */
export type ProjectionStatus = Readonly<Status> & { readonly schema: string; readonly partition: Partition };

export type Projector = {
  /**
   * Resolves once every partition of every read model is followed here or by another projector, or was found to be stalled: what waits for
   * somebody to do something (a log that was restored, say) must not keep the rest of the system from starting.
   */
  readonly settled: Promise<void>;
  /** For metrics: phase, checkpoint and the number of parked rooms and accounts of each partition. */
  statuses(): readonly ProjectionStatus[];
  /** Finishes the batches under way and gives the locks back. */
  stop(): Promise<void>;
};

const migrateWhenPossible = async (
  { migrate, logger }: ProjectorDependencies,
  stop: AbortSignal,
  stalled: () => void,
): Promise<void> => {
  for (let failures = 1; !stop.aborted; failures++) {
    try {
      return await migrate();
    } catch (error) {
      if (!(error instanceof ReadModelUnavailable)) throw error; // a broken migration: nothing here can work
      stalled();
      logger.warn({ err: error, retryMs: backOffMs(failures) }, 'waiting for the database');
      await pause(backOffMs(failures), stop);
    }
  }
};

type Followed = { readonly stop: AbortController; readonly running: Promise<unknown> };

/**
 * Projects every partition of the log into every read model that is to be followed: the one that serves, and those beside it. One
 * active projector per partition and read model, however many processes run. Postgres may be away, now or later: readers are told
 * that the projection is stalled, and it goes on when Postgres is back.
 *
 * @param failed called when the schemas can't be brought up to date; the projector does nothing more
 */
export const createProjector = (dependencies: ProjectorDependencies, failed: (error: unknown) => void): Projector => {
  const { log, readModel, announce, observe, tracing, logger } = dependencies;
  const statuses = new Map<string, Map<Partition, Status>>();
  const followed = new Map<string, Followed>();
  const stop = new AbortController();
  const settled = Promise.withResolvers<void>();
  let hasLooked = false;

  const announcer = createAnnouncer({
    statuses,
    readServing: () => readModel.serving(),
    epochOf: (partition) => log.epochOf(partition),
    announce,
  });
  const changed = (schema: string, partition: Partition): void => {
    announcer.note(schema, partition);
    const all = [...statuses.values()].flatMap((partitions) => [...partitions.values()]);
    if (hasLooked && all.every(({ phase }) => phase !== 'starting')) settled.resolve();
  };

  const start = (schema: string): void => {
    const stopping = new AbortController();
    const signal = AbortSignal.any([stop.signal, stopping.signal]);
    const partitions = new Map<Partition, Status>(log.partitions.map((partition) => [partition, initialStatus()]));
    statuses.set(schema, partitions);
    const projection = readModel.projectionInto(schema);
    const running = Promise.all(
      [...partitions].map(([partition, status]) =>
        runPartition(partition, status, signal, {
          log,
          projection,
          observe,
          tracing,
          logger,
          changed: () => changed(schema, partition),
        }),
      ),
    );
    followed.set(schema, { stop: stopping, running });
  };

  const end = async (schema: string): Promise<void> => {
    const one = followed.get(schema);
    followed.delete(schema);
    one?.stop.abort();
    await one?.running;
    statuses.delete(schema);
    logger.info({ schema }, 'no longer followed');
  };

  const look = async (): Promise<void> => {
    const wanted = (await readModel.models()).filter(({ state }) => state === 'following').map(({ schema }) => schema);
    for (const schema of wanted) if (!followed.has(schema)) start(schema);
    hasLooked = true;
    await Promise.all([...followed.keys()].filter((schema) => !wanted.includes(schema)).map(end));
  };

  /** Nothing is known yet, and readers are not to wait. */
  const stalled = (): void => {
    for (const partition of log.partitions) {
      announce(partition, { epoch: log.epochOf(partition), sequence: 0, stalled: true });
    }
  };

  const run = async (): Promise<void> => {
    await migrateWhenPossible(dependencies, stop.signal, stalled);
    while (!stop.signal.aborted) {
      try {
        await look();
      } catch (error) {
        if (!(error instanceof ReadModelUnavailable)) throw error;
        if (!hasLooked) stalled(); // else those that are followed say so themselves
      }
      await pause(lookEveryMs, stop.signal);
    }
    await Promise.all([...followed.values()].map(({ running }) => running));
  };
  const timer = setInterval(() => announcer.noteAll(), announceEveryMs);
  const running = run().catch(failed);

  return {
    settled: settled.promise,
    statuses: () =>
      [...statuses].flatMap(([schema, partitions]) =>
        [...partitions].map(([partition, status]) => ({ schema, partition, ...status })),
      ),
    stop: async () => {
      clearInterval(timer);
      stop.abort();
      await running;
    },
  };
};
