import type { EventLog, Partition } from '@kuraxx/event-store';
import { type FollowOptions, followPartition } from '../projection/follow-partition.ts';
import type { PartitionLock } from '../projection/locks.ts';
import type { Projection } from '../projection/projections.ts';
import { atOnce } from './at-once.ts';

/** Locks of all partitions of a read model. */
export type HeldPartitions = ReadonlyMap<Partition, PartitionLock>;

/** Events per transaction when nobody waits for a single one. */
const maxBatch = 2000;

/**
 * So many transactions go on at once: Postgres takes about as long for an event as this process does, so more would gain nothing and would crowd out those
 * who read and write meanwhile.
 */
const transactionsAtOnce = 2;

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
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: ReplayProgress) => void;
}): Promise<void> => {
  const { log, projection, held, targets, onProgress = () => undefined } = needs;
  const failed = new AbortController();
  const signal = AbortSignal.any([needs.signal, failed.signal]);
  const inTurn = atOnce(transactionsAtOnce);
  const apply: Projection['apply'] = (...batch) => inTurn(() => projection.apply(...batch));
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
