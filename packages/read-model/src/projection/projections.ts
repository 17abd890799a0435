import type { EventLog, Partition } from '@kuraxx/event-store';
import type { Connections } from '../database.ts';
import type { Apply } from './apply.ts';
import { createApplyTogether } from './apply-together.ts';
import { readCheckpoint } from './checkpoint.ts';
import type { Locks, PartitionLock } from './locks.ts';
import { listParked, type Parked } from './parked.ts';
import { type Retried, retryParked } from './retry.ts';

/** The projection into one schema; see `applyBatch` and `createLocks` for the promises. */
export type Projection = {
  readonly schema: string;
  /** Takes the lock of a partition of this read model. @returns undefined when somebody has it. @throws {ReadModelUnavailable} */
  tryLock(partition: Partition): Promise<PartitionLock | undefined>;
  /** Sequence of the last applied event, 0 at the beginning. @throws {EpochMismatch} */
  checkpoint(partition: Partition, epoch: string): Promise<number>;
  /** One transaction with the checkpoint, together with what comes in other partitions meanwhile. @throws {EpochMismatch} @throws {CheckpointBehind} */
  apply: Apply;
  /** Rooms and accounts whose rows stand still, because of an event that can't be projected; the longest first. */
  parked(): Promise<Parked[]>;
  /** Projects what was skipped of one of them, beside the projector. @param name as `parked` says it */
  retry(log: EventLog, name: string, signal: AbortSignal): Promise<Retried>;
};

/** Projections by schema, over the same connections. */
export const createProjections =
  (connections: Connections, locks: Locks) =>
  (schema: string): Projection => {
    const into = connections.in(schema);
    return {
      schema,
      checkpoint: (partition, epoch) => readCheckpoint(into, partition, epoch),
      apply: createApplyTogether(into),
      tryLock: (partition) => locks.tryLock(schema, partition),
      parked: () => into.run('list what is parked', listParked),
      retry: (log, name, signal) => retryParked(into, log, name, signal),
    };
  };
