import { setTimeout as delay } from 'node:timers/promises';
import type { Partition, StoredEvent } from '@kuraxx/event-store';
import type { Database } from '../database.ts';
import { failureOf, isLockTaken } from '../errors.ts';
import { type Applied, type Apply, applyBatch, applyEvents, usualBatch } from './apply.ts';
import { lockCheckpoints, moveCheckpoints, type StoredCheckpoint } from './checkpoint.ts';
import { sharedNamesLock } from './names.ts';
import type { ReadEvent } from './read-events.ts';

/** As `applyBatch` is given it. */
type Batch = {
  readonly partition: Partition;
  readonly epoch: string;
  readonly events: readonly ReadEvent[];
  readonly upTo: number;
  readonly after: number;
};

type Waiting = {
  readonly batch: Batch;
  readonly resolve: (applied: Applied | Promise<Applied>) => void;
  readonly reject: (error: unknown) => void;
};

/** A batch of more events is worth a transaction of its own, which may run beside others. */
const smallBatch = 250;

/**
 * After a transaction the next one gathers for so long per event, but no longer than this: who writes one thing after the other hardly waits, and where
 * thousands a second come there are some forty transactions a second instead of hundreds.
 */
const gatherMsPerEvent = 0.2;
const longestGatherMs = 10;

/**
 * Whether a batch may share a transaction: small, of rooms alone (accounts wait for those who write names, see `lockNames`), with nothing in it
 * that would have to be parked or that takes long.
 */
const isShareable = ({ partition, events }: Batch): boolean =>
  partition !== 'accounts' &&
  events.length <= smallBatch &&
  events.every((event) => !('failure' in event) && event.type !== 'RoomDeleted');

/** What is parked in a partition, and what its rows were built from, is for `applyBatch` to see to. */
const isUsual = ({ epoch, upTo, after }: Batch, before: StoredCheckpoint | undefined): boolean =>
  before?.epoch === epoch && before.parked === 0 && before.sequence >= after && before.sequence < upTo;

/** @returns what became of each batch that could be applied together with others */
const attemptTogether = (database: Database, batches: readonly Batch[]): Promise<ReadonlyMap<Batch, Applied>> =>
  database.transaction(`apply events to ${batches.length} partitions`, async (db) => {
    const checkpoints = await lockCheckpoints(
      db,
      batches.map(({ partition }) => partition),
      sharedNamesLock,
    );
    const usual = batches.filter((batch) => isUsual(batch, checkpoints.get(String(batch.partition))));
    if (usual.length === 0) return new Map();
    const fresh = usual.flatMap((batch): StoredEvent[] => {
      const before = checkpoints.get(String(batch.partition))?.sequence ?? 0;
      return batch.events.flatMap((event) =>
        'failure' in event || event.record.position.sequence <= before ? [] : [event],
      );
    });
    await applyEvents(db, fresh, 'changed', [moveCheckpoints(usual)]);
    return new Map(usual.map((batch) => [batch, { sequence: batch.upTo, parked: 0, newlyParked: [] }]));
  });

/**
 * `applyBatch` for many partitions at once. What a transaction costs depends on its statements and hardly on its events, and when little comes
 * in each partition most batches have one: those that come while a transaction is under way, and a little longer, go into the next one together. What is not usual
 * about a batch is left to `applyBatch`, and so are all of them when the common transaction fails by an event or a checkpoint that is taken: one
 * by one they tell whose it is. Whatever else fails it is about the database, and fails them all.
 *
 * A partition has one batch under way at most, so there are never more waiting than there are partitions.
 */
export const createApplyTogether = (database: Database): Apply => {
  let waiting: Waiting[] = [];
  let isRunning = false;

  const alone = ({ partition, epoch, events, upTo, after }: Batch): Promise<Applied> =>
    applyBatch(database, partition, epoch, events, upTo, after);

  const together = async (batches: readonly Batch[]): Promise<ReadonlyMap<Batch, Applied>> => {
    try {
      return await attemptTogether(database, batches);
    } catch (error) {
      if (failureOf(error) === undefined && !isLockTaken(error)) throw error;
      return new Map();
    }
  };
  const run = async (next: readonly Waiting[]): Promise<void> => {
    try {
      const applied = await together(next.map(({ batch }) => batch));
      // Those that go alone are not waited for: one of them may stand in a line of its own
      for (const { batch, resolve } of next) resolve(applied.get(batch) ?? alone(batch));
    } catch (error) {
      for (const { reject } of next) reject(error);
    }
  };
  /** One of each partition, as many as go into a transaction; the others are the first of the next one. */
  const take = (): { readonly next: readonly Waiting[]; readonly events: number } => {
    const partitions = new Set<Partition>();
    const next = new Set<Waiting>();
    let events = 0;
    for (const one of waiting) {
      const { partition, events: more } = one.batch;
      if (partitions.has(partition)) continue;
      partitions.add(partition);
      if (next.size > 0 && events + more.length > usualBatch) continue;
      next.add(one);
      events += more.length;
    }
    waiting = waiting.filter((one) => !next.has(one));
    return { next: [...next], events };
  };
  const drain = async (): Promise<void> => {
    isRunning = true;
    while (waiting.length > 0) {
      const { next, events } = take();
      await run(next);
      await delay(Math.min(longestGatherMs, events * gatherMsPerEvent));
    }
    isRunning = false;
  };
  return (partition, epoch, events, upTo, after = 0) => {
    const batch = { partition, epoch, events, upTo, after };
    if (!isShareable(batch)) return alone(batch);
    return new Promise((resolve, reject) => {
      waiting.push({ batch, resolve, reject });
      if (!isRunning) void drain();
    });
  };
};
