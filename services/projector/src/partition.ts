import type { EventLog, Partition } from '@kuraxx/event-store';
import { followPartition, type PartitionLock, type Projection } from '@kuraxx/read-model';
import { backOffMs, pause, type Tracing } from '@kuraxx/runtime';
import type { Logger } from 'pino';
import type { ObserveBatch } from './metrics.ts';
import type { Status } from './status.ts';

/** How often one on standby asks for the lock: who waits for rows waits this long when the active one ends. More rarely with many partitions. */
const standbyMs = (partitions: number): number => Math.max(200, partitions * 20);

export type PartitionDependencies = {
  readonly log: EventLog;
  readonly projection: Projection;
  readonly observe: ObserveBatch;
  readonly tracing: Tracing | undefined;
  readonly logger: Logger;
  /** Called after each change of the status, so that it is announced at once. */
  readonly changed: () => void;
};

const warnOfParked = async (partition: Partition, { projection, logger }: PartitionDependencies): Promise<void> => {
  const parked = (await projection.parked()).filter((one) => one.partition === partition);
  if (parked.length === 0) return;
  const names = parked.slice(0, 10).map(({ aggregate }) => aggregate);
  logger.warn({ partition, parked: parked.length, names }, 'some are parked: see kuraxx projections status');
};

/**
 * What an older build could not read, this one may. Beside the projection, which doesn't wait; what is still unreadable stays
 * parked.
 */
const retryUnreadable = async (
  partition: Partition,
  stop: AbortSignal,
  { log, projection, logger }: PartitionDependencies,
): Promise<void> => {
  try {
    for (const { aggregate, cause, ...parked } of await projection.parked()) {
      if (parked.partition !== partition || cause !== 'unreadable' || stop.aborted) continue;
      const { outcome } = await projection.retry(log, aggregate, stop);
      if (outcome === 'unparked') logger.info({ schema: projection.schema, partition, aggregate }, 'no longer parked');
    }
  } catch (error) {
    if (!stop.aborted) logger.warn({ err: error, partition }, 'what is parked could not be retried; it stays parked');
  }
};

/** Follows the log from the checkpoint until the lock is lost or we stop. */
const follow = async (
  partition: Partition,
  status: Status,
  lock: PartitionLock,
  stop: AbortSignal,
  dependencies: PartitionDependencies,
): Promise<void> => {
  const { log, projection, observe, tracing, logger, changed } = dependencies;
  const { schema } = projection;
  await warnOfParked(partition, dependencies);
  const over = new AbortController();
  const retrying = retryUnreadable(partition, AbortSignal.any([stop, lock.lost, over.signal]), dependencies);
  const following = followPartition(partition, {
    log,
    projection,
    lock,
    signal: stop,
    onStart: (checkpoint, head) => {
      status.phase = 'active';
      status.sequence = checkpoint;
      changed();
      logger.info({ schema, partition, checkpoint, head }, 'following');
    },
    onBatch: () => {
      status.applyingSince = Date.now();
    },
    onApplied: ({ sequence, parked, newlyParked }, records) => {
      observe(schema, records);
      tracing?.handled('project', records, status.applyingSince ?? Date.now(), {
        'kuraxx.read_model': schema,
        'messaging.batch.message_count': records.length,
      });
      status.phase = 'active';
      status.sequence = sequence;
      status.parked = parked;
      status.applyingSince = undefined;
      changed();
      for (const parking of newlyParked) logger.error({ schema, ...parking }, 'parked: its rows stand still from here');
    },
  });
  try {
    await following;
  } finally {
    over.abort();
    await retrying;
  }
};

/**
 * Keeps the rows of a partition up to date as long as this process holds its lock, and stands by otherwise. Whatever fails is
 * tried again with a growing pause.
 */
export const runPartition = async (
  partition: Partition,
  status: Status,
  stop: AbortSignal,
  dependencies: PartitionDependencies,
): Promise<void> => {
  const { log, projection, logger, changed } = dependencies;
  const { schema } = projection;
  let failures = 0;
  while (!stop.aborted) {
    const before = status.sequence;
    try {
      const lock = await projection.tryLock(partition);
      if (lock === undefined) {
        status.phase = 'standby';
        status.sequence = undefined; // it moves on elsewhere
        changed();
        failures = 0;
        await pause(standbyMs(log.partitions.length), stop);
        continue;
      }
      if (status.phase === 'standby') status.phase = 'starting'; // whatever fails from here on is ours to tell
      try {
        await follow(partition, status, lock, stop, dependencies);
      } finally {
        await lock.release();
      }
      if (!stop.aborted) throw new Error(`the lock of partition ${partition} of ${schema} was lost`);
    } catch (error) {
      if (stop.aborted) return;
      failures = (status.sequence ?? 0) > (before ?? 0) ? 1 : failures + 1;
      // one on standby that can't ask for the lock knows nothing of the partition: whoever has it speaks for it
      if (status.phase !== 'standby') status.phase = 'stalled';
      status.applyingSince = undefined;
      changed();
      const what = status.phase === 'standby' ? 'on standby, and can not ask for the lock' : 'stalled';
      logger.warn({ err: error, schema, partition, failures, retryMs: backOffMs(failures) }, what);
      await pause(backOffMs(failures), stop);
    }
  }
};
