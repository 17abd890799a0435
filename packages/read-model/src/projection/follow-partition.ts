import type { EventLog, LogRecord, Partition } from '@kuraxx/event-store';
import { aborted } from '@kuraxx/runtime';
import { type Applied, usualBatch } from './apply.ts';
import type { PartitionLock } from './locks.ts';
import { project } from './project.ts';
import type { Projection } from './projections.ts';
import { readEvents } from './read-events.ts';

export type FollowOptions = {
  readonly log: EventLog;
  readonly projection: Projection;
  /** Held while it follows: it ends when the lock is lost. */
  readonly lock: Pick<PartitionLock, 'lost'>;
  readonly signal: AbortSignal;
  /** Events of a transaction; default: the usual. */
  readonly maxBatch?: number;
  /** Ends there: the checkpoint is then exactly this. Default: never. */
  readonly upTo?: number;
  /** Where it begins. */
  readonly onStart?: (checkpoint: number, head: number) => void;
  /** Just before a batch is applied. */
  readonly onBatch?: () => void;
  /** Just after it, with the records that were read. */
  readonly onApplied?: (applied: Applied, records: readonly LogRecord[]) => void;
};

/**
 * Brings the rows of a partition up to date and keeps them so, batch by batch, until it is told to stop, has lost its lock, or has
 * come to `upTo`. An event that can't be projected parks its room or account; the others go on.
 *
 * @throws whatever is not about a single event; what was applied until then stays
 */
export const followPartition = async (partition: Partition, options: FollowOptions): Promise<void> => {
  const { log, projection, lock, maxBatch = usualBatch, upTo = Number.MAX_SAFE_INTEGER } = options;
  const signal = AbortSignal.any([options.signal, lock.lost]);
  const epoch = log.epochOf(partition);
  let checkpoint = await projection.checkpoint(partition, epoch);
  const head = await log.head(partition);
  if (head < checkpoint) {
    throw new Error(
      `partition ${partition} of the log ends at ${head}, before the checkpoint ${checkpoint}: ` +
        'the log lost events (restored from a backup?); rebuild the read model (kuraxx projections rebuild)',
    );
  }
  options.onStart?.(checkpoint, head);
  if (checkpoint >= upTo || signal.aborted) return;

  const done = Promise.withResolvers<void>();
  const apply = async (records: readonly LogRecord[]): Promise<void> => {
    const wanted = records.filter(({ position }) => position.sequence <= upTo);
    const last = wanted.length < records.length ? upTo : (wanted.at(-1)?.position.sequence ?? checkpoint);
    const events = readEvents(wanted);
    options.onBatch?.();
    const applied = await project(
      (part, to, after) => projection.apply(partition, epoch, part, to, after),
      events,
      last,
      checkpoint,
      signal,
    );
    checkpoint = applied.sequence;
    options.onApplied?.(applied, wanted);
    if (checkpoint >= upTo) done.resolve();
  };

  let applying: Promise<void> = Promise.resolve();
  const consumption = await log.consume(partition, { after: checkpoint, maxBatch }, (records) => {
    // what is not applied comes again, from the checkpoint
    if (!signal.aborted && checkpoint < upTo) applying = apply(records);
    return applying;
  });
  try {
    await Promise.race([consumption.failed, done.promise, aborted(signal)]);
  } finally {
    await consumption.stop();
    await Promise.allSettled([applying]); // its failure, if any, is what `failed` rejected with
  }
};
