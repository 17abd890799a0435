import { type EventLog, type LogRecord, type Partition, UnknownVersion } from '@kuraxx/event-store';
import type { PartitionLock, Projection } from '@kuraxx/read-model';
import type { Logger } from 'pino';
import { aborted, backOffMs, pause } from './back-off.ts';
import { decodeBatch } from './decode-batch.ts';
import type { Status } from './status.ts';

/** How often one on standby asks for the lock. */
const standbyMs = 1000;
/** Events per transaction: 33,000 rows/s measured with 500. */
const maxBatch = 500;

export type PartitionDependencies = {
  readonly log: EventLog;
  readonly projection: Projection;
  readonly logger: Logger;
  /** Called after each change of the status, so that it is announced at once. */
  readonly changed: () => void;
};

/** Follows the log from the checkpoint until the lock is lost or we stop. Rejects when a batch can't be applied. */
const follow = async (
  partition: Partition,
  status: Status,
  lock: PartitionLock,
  stop: AbortSignal,
  { log, projection, logger, changed }: PartitionDependencies,
): Promise<void> => {
  const epoch = log.epochOf(partition);
  let checkpoint = await projection.checkpoint(partition, epoch);
  const head = await log.head(partition);
  if (head < checkpoint) {
    throw new Error(
      `partition ${partition} of the log ends at ${head}, before the checkpoint ${checkpoint}: ` +
        'the log lost events (restored from a backup?); empty the read model so that it is built anew',
    );
  }
  const report = (phase: Status['phase']) => {
    status.phase = phase;
    status.sequence = checkpoint;
    changed();
  };
  report('active');
  logger.info({ partition, checkpoint, head }, 'following');

  const apply = async (records: readonly LogRecord[]): Promise<void> => {
    if (stop.aborted || lock.lost.aborted) return; // what is not applied comes again from the checkpoint
    const { events, upTo, failure } = decodeBatch(records);
    if (upTo !== undefined) {
      status.applyingSince = Date.now();
      try {
        checkpoint = await projection.apply(partition, epoch, events, upTo, checkpoint);
      } finally {
        status.applyingSince = undefined;
      }
      report('active');
    }
    if (failure !== undefined) throw failure;
  };

  let applying: Promise<void> = Promise.resolve();
  const consumption = await log.consume(partition, { after: checkpoint, maxBatch }, (records) => {
    applying = apply(records);
    return applying;
  });
  try {
    await Promise.race([consumption.failed, aborted(lock.lost), aborted(stop)]);
  } finally {
    await consumption.stop();
    await Promise.allSettled([applying]); // its failure, if any, is what `failed` rejected with
  }
};

/**
 * Keeps the rows of a partition up to date as long as this process holds its lock, and stands by otherwise. Whatever fails is tried
 * again with a growing pause; only an event of a version that this build doesn't know ends it, because guessing would spoil the rows.
 */
export const runPartition = async (
  partition: Partition,
  status: Status,
  stop: AbortSignal,
  dependencies: PartitionDependencies,
): Promise<void> => {
  const { projection, logger, changed } = dependencies;
  let failures = 0;
  while (!stop.aborted) {
    const before = status.sequence;
    try {
      const lock = await projection.tryLock(partition);
      if (lock === undefined) {
        status.phase = 'standby';
        changed();
        failures = 0;
        await pause(standbyMs, stop);
        continue;
      }
      try {
        await follow(partition, status, lock, stop, dependencies);
      } finally {
        await lock.release();
      }
      if (!stop.aborted) throw new Error(`the lock of partition ${partition} was lost`);
    } catch (error) {
      if (error instanceof UnknownVersion) {
        status.phase = 'stopped';
        changed();
        logger.error(
          { err: error, partition, after: status.sequence },
          'an event is newer than this projector: stopped',
        );
        return;
      }
      failures = status.sequence > before ? 1 : failures + 1;
      status.phase = 'stalled';
      changed();
      logger.warn({ err: error, partition, failures, retryMs: backOffMs(failures) }, 'stalled');
      await pause(backOffMs(failures), stop);
    }
  }
};
