import { randomBytes } from 'node:crypto';
import {
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream';
import type { Partition } from './ports.ts';
import { livePrefix, partitionFilter, streamName } from './subjects.ts';

const duplicateWindowMs = 120_000;
const nanosPerMs = 1_000_000;
const streamNotFound = 10_059;
/** Somebody else has just made it, under an epoch of their own. */
const streamExists = 10_058;

const epochPattern = /epoch=([a-z0-9]+)/;

const configOf = (partition: Partition, replicas: number) => {
  const filter = partitionFilter(partition);
  return {
    name: streamName(partition),
    // the epoch lives and dies with the stream: a stream that is made anew has another one
    description: `kuraxx epoch=${randomBytes(5).toString('hex')}`,
    subjects: [filter],
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.New,
    num_replicas: replicas,
    allow_direct: true,
    duplicate_window: duplicateWindowMs * nanosPerMs,
    republish: { src: filter, dest: filter.replace('kuraxx.', livePrefix) },
  } satisfies Partial<StreamConfig>;
};

const findConfig = async (manager: JetStreamManager, name: string): Promise<StreamConfig | undefined> => {
  try {
    return (await manager.streams.info(name)).config;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === streamNotFound) return undefined;
    throw error;
  }
};

/**
 * Makes sure that the stream of a partition is there. Several processes may do so at once.
 *
 * @returns its epoch, and how many copies of it there are (an existing stream keeps its number)
 * @throws {Error} when a stream of that name isn't one of this log
 */
export const ensureStream = async (
  manager: JetStreamManager,
  partition: Partition,
  replicas: number,
): Promise<{ readonly epoch: string; readonly copies: number }> => {
  const name = streamName(partition);
  let config = await findConfig(manager, name);
  if (config === undefined) {
    try {
      config = (await manager.streams.add(configOf(partition, replicas))).config;
    } catch (error) {
      if (!(error instanceof JetStreamApiError && error.code === streamExists)) throw error;
      config = await findConfig(manager, name);
    }
  }
  const epoch = epochPattern.exec(config?.description ?? '')?.[1];
  if (epoch === undefined) throw new Error(`The stream ${name} was not made by KuraXX: it carries no epoch`);
  return { epoch, copies: config?.num_replicas ?? replicas };
};
