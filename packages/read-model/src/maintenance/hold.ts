import type { Partition } from '@kuraxx/event-store';
import { pause } from '@kuraxx/runtime';
import type { PartitionLock } from '../projection/locks.ts';
import type { Projection } from '../projection/projections.ts';
import { MaintenanceRefused } from './refused.ts';
import type { HeldPartitions } from './replay.ts';

/** So long projectors may take to notice that they are not to follow any more, and to finish their batch. */
const waitMs = 15_000;
const tryAgainMs = 100;

/**
 * Takes the locks of all partitions of a read model, waiting for projectors that have just been told to let go.
 *
 * @throws {MaintenanceRefused} when somebody keeps one
 */
export const holdPartitions = async (
  projection: Projection,
  partitions: readonly Partition[],
  signal: AbortSignal,
): Promise<HeldPartitions> => {
  const held = new Map<Partition, PartitionLock>();
  const deadline = Date.now() + waitMs;
  try {
    for (const partition of partitions) {
      for (;;) {
        signal.throwIfAborted();
        const lock = await projection.tryLock(partition);
        if (lock !== undefined) {
          held.set(partition, lock);
          break;
        }
        if (Date.now() > deadline) {
          throw new MaintenanceRefused(`somebody else works on partition ${partition} of ${projection.schema}`);
        }
        await pause(tryAgainMs, signal);
      }
    }
    return held;
  } catch (error) {
    await letGo(held);
    throw error;
  }
};

/** Gives all locks back; projectors that follow the read model take them within a second. */
export const letGo = async (held: HeldPartitions): Promise<void> => {
  for (const lock of held.values()) await lock.release();
};
