import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from 'nats';
import { findPartitions } from './buckets.ts';
import { Unavailable } from './errors.ts';
import type { Partition } from './ports.ts';
import { describeStream, type StreamDescription } from './streams.ts';

/** What the log looks like from outside; nothing is set up or changed by looking. */
export type LogDescription = {
  /** `undefined`: no log has been set up here. */
  readonly roomPartitions: number | undefined;
  /** In the order of the partitions, `accounts` first; those that are missing have no entry. */
  readonly streams: readonly StreamDescription[];
  readonly missing: readonly Partition[];
};

/** @throws {Unavailable} when NATS is away, or runs without JetStream */
export const describeLog = async (nats: NatsConnection): Promise<LogDescription> => {
  try {
    const manager = await jetstreamManager(nats);
    const roomPartitions = await findPartitions(manager);
    if (roomPartitions === undefined) return { roomPartitions, streams: [], missing: [] };
    const partitions: Partition[] = ['accounts', ...Array.from({ length: roomPartitions }, (_, index) => index)];
    const found = await Promise.all(partitions.map((partition) => describeStream(manager, partition)));
    return {
      roomPartitions,
      streams: found.filter((stream) => stream !== undefined),
      missing: partitions.filter((_, index) => found[index] === undefined),
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Unavailable(`look at the log: ${reason}`, { cause: error });
  }
};
