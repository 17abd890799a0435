import type { EventLog, Partition } from '@kuraxx/event-store';
import { pause } from '@kuraxx/runtime';
import { usualBatch } from '../projection/apply.ts';
import { type FollowOptions, followPartition } from '../projection/follow-partition.ts';
import type { PartitionLock } from '../projection/locks.ts';
import type { Projection } from '../projection/projections.ts';
import { atOnce } from './at-once.ts';

/** Locks of all partitions of a read model. */
export type HeldPartitions = ReadonlyMap<Partition, PartitionLock>;

/** How a replay shares the machine, see `paces`. */
export type Pace = 'considerate' | 'full';

/**
 * `considerate` is for those who read and write meanwhile: one small transaction at a time, and after each a rest as long as it took, so that half
 * of what a replay takes of the cores is theirs. At `full` speed two go on at once: Postgres takes about as long for an event as this
 * process does, so more would gain nothing.
 */
const paces: Record<
  Pace,
  { readonly maxBatch: number; readonly transactionsAtOnce: number; readonly restShare: number }
> = {
  considerate: { maxBatch: usualBatch, transactionsAtOnce: 1, restShare: 1 },
  full: { maxBatch: 2000, transactionsAtOnce: 2, restShare: 0 },
};
/** A transaction that had to wait for something else is no reason to rest for long. */
const longestRestMs = 500;

/** How far a partition is. */
export type ReplayProgress = { readonly partition: Partition; readonly sequence: number; readonly events: number };

/**
 * Projects all partitions side by side, each exactly up to its target; one without a target is left alone. What was done before is not
 * done again, so it can be broken off at any time and called again.
 *
 * @throws whatever stops one partition; the others are stopped then
 */
export const replay = async (needs: {
  readonly log: EventLog;
  readonly projection: Projection;
  readonly held: HeldPartitions;
  readonly targets: ReadonlyMap<Partition, number>;
  readonly pace: Pace;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: ReplayProgress) => void;
}): Promise<void> => {
  const { log, projection, held, targets, onProgress = () => undefined } = needs;
  const failed = new AbortController();
  const signal = AbortSignal.any([needs.signal, failed.signal]);
  const { maxBatch, transactionsAtOnce, restShare } = paces[needs.pace];
  const inTurn = atOnce(transactionsAtOnce);
  const apply: Projection['apply'] = (...batch) =>
    inTurn(async () => {
      const begun = performance.now();
      const applied = await projection.apply(...batch);
      if (restShare > 0) await pause(Math.min(longestRestMs, (performance.now() - begun) * restShare), signal);
      return applied;
    });
  const work = async (partition: Partition, lock: PartitionLock): Promise<void> => {
    const upTo = targets.get(partition);
    if (upTo === undefined) return;
    const options: FollowOptions = {
      log,
      projection: { ...projection, apply },
      lock,
      signal,
      maxBatch,
      upTo,
      onApplied: ({ sequence }, { length }) => onProgress({ partition, sequence, events: length }),
    };
    try {
      await followPartition(partition, options);
    } catch (error) {
      failed.abort(); // the others have nothing to go on for
      throw error;
    }
    if (lock.lost.aborted) throw new Error(`the lock of partition ${partition} was lost: the database was away`);
  };
  const ends = await Promise.allSettled([...held].map(([partition, lock]) => work(partition, lock)));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  needs.signal.throwIfAborted();
};

/** The ends of all partitions of the log now. @throws {Unavailable} */
export const headsOf = async (log: EventLog): Promise<Map<Partition, number>> =>
  new Map(await Promise.all(log.partitions.map(async (partition) => [partition, await log.head(partition)] as const)));
