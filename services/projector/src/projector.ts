import type { EventLog, Partition } from '@kuraxx/event-store';
import { type Projection, ReadModelUnavailable } from '@kuraxx/read-model';
import type { Logger } from 'pino';
import { backOffMs, pause } from './back-off.ts';
import { runPartition } from './partition.ts';
import { type Announce, announcementOf, initialStatus, type Status } from './status.ts';

const announceEveryMs = 1000;

export type ProjectorDependencies = {
  readonly log: EventLog;
  readonly projection: Projection;
  /** Brings the schema up to date; tried until it succeeds while Postgres is away. */
  readonly migrate: () => Promise<void>;
  /** Tells readers how far a partition is. At most once: repeated every second. */
  readonly announce: Announce;
  readonly logger: Logger;
};

export type Projector = {
  /** Resolves once every partition is followed here, is followed by another projector, or has been given up. */
  readonly settled: Promise<void>;
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

/**
 * Projects every partition of the log into the read model, one active projector per partition however many processes run.
 * Postgres may be away, now or later: readers are told that the projection is stalled, and it goes on when Postgres is back.
 *
 * @param failed called when the schema can't be brought up to date; the projector does nothing more
 */
export const createProjector = (dependencies: ProjectorDependencies, failed: (error: unknown) => void): Projector => {
  const { log, announce } = dependencies;
  const statuses = new Map<Partition, Status>(log.partitions.map((partition) => [partition, initialStatus()]));
  const stop = new AbortController();
  const settled = Promise.withResolvers<void>();

  const announceOne = (partition: Partition, status: Status) => {
    const announcement = announcementOf(status, log.epochOf(partition), Date.now());
    if (announcement !== undefined) announce(partition, announcement);
  };
  const announceAll = () => statuses.forEach((status, partition) => announceOne(partition, status));
  const changed = (partition: Partition, status: Status) => {
    announceOne(partition, status);
    const open = [...statuses.values()].some(({ phase }) => phase === 'starting' || phase === 'stalled');
    if (!open) settled.resolve();
  };
  const stalled = () => {
    for (const status of statuses.values()) status.phase = 'stalled';
    announceAll();
  };

  const run = async (): Promise<void> => {
    await migrateWhenPossible(dependencies, stop.signal, stalled);
    await Promise.all(
      [...statuses].map(([partition, status]) =>
        runPartition(partition, status, stop.signal, { ...dependencies, changed: () => changed(partition, status) }),
      ),
    );
  };
  const timer = setInterval(announceAll, announceEveryMs);
  const running = run().catch(failed);

  return {
    settled: settled.promise,
    stop: async () => {
      clearInterval(timer);
      stop.abort();
      await running;
    },
  };
};
