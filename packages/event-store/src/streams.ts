import { randomBytes } from 'node:crypto';
import {
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
  type StreamInfo,
} from '@nats-io/jetstream';
import { unlessForbidden } from './errors.ts';
import type { Partition } from './ports.ts';
import { livePrefix, partitionFilter, streamName } from './subjects.ts';

const duplicateWindowMs = 120_000;
const nanosPerMs = 1_000_000;
const streamNotFound = 10_059;
/** Somebody else has just made it, under an epoch of their own. */
const streamExists = 10_058;

const epochPattern = /epoch=([a-z0-9]+)/;

const descriptionOf = (epoch: string): string => `kuraxx epoch=${epoch}`;

const configOf = (partition: Partition, replicas: number) => {
  const filter = partitionFilter(partition);
  return {
    name: streamName(partition),
    // the epoch lives and dies with the stream: a stream that is made anew has another one
    description: descriptionOf(randomBytes(5).toString('hex')),
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

const findInfo = async (manager: JetStreamManager, name: string): Promise<StreamInfo | undefined> => {
  try {
    return await manager.streams.info(name);
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === streamNotFound) return undefined;
    throw error;
  }
};

const epochIn = (config: StreamConfig | undefined): string | undefined =>
  epochPattern.exec(config?.description ?? '')?.[1];

/**
 * Makes sure that the stream of a partition is there. Several processes may do so at once.
 *
 * @returns its epoch, and how many copies of it there are (an existing stream keeps its number)
 * @throws {NotSetUp} when it isn't, and this user may not make it
 * @throws {Error} when a stream of that name isn't one of this log
 */
export const ensureStream = async (
  manager: JetStreamManager,
  partition: Partition,
  replicas: number,
): Promise<{ readonly epoch: string; readonly copies: number }> => {
  const name = streamName(partition);
  let config = (await findInfo(manager, name))?.config;
  if (config === undefined) {
    try {
      config = (await unlessForbidden(() => manager.streams.add(configOf(partition, replicas)))).config;
    } catch (error) {
      if (!(error instanceof JetStreamApiError && error.code === streamExists)) throw error;
      config = (await findInfo(manager, name))?.config;
    }
  }
  const epoch = epochIn(config);
  if (epoch === undefined) throw new Error(`The stream ${name} was not made by KuraXX: it carries no epoch`);
  return { epoch, copies: config?.num_replicas ?? replicas };
};

/** Gives an empty stream the epoch of the log whose copy it is about to become. */
export const replaceEpoch = async (manager: JetStreamManager, partition: Partition, epoch: string): Promise<void> => {
  await manager.streams.update(streamName(partition), { description: descriptionOf(epoch) });
};

/** A stream of the log as the server has it. */
export type StreamDescription = {
  readonly partition: Partition;
  readonly name: string;
  /** `undefined`: the stream was not made by KuraXX. */
  readonly epoch: string | undefined;
  readonly events: number;
  readonly bytes: number;
  /** Sequences; both 0 while it is empty. */
  readonly first: number;
  readonly last: number;
  /** When the last event was stored, ISO 8601; `null` while it is empty. */
  readonly lastAt: string | null;
  /** How many subjects (accounts, or aspects of rooms) have events. */
  readonly subjects: number;
  readonly copies: number;
  /** Copies that are not up to date, by server. */
  readonly lagging: readonly string[];
  readonly consumers: number;
  /** Settings that are not as this software makes them; an event could be lost or not be heard because of each. */
  readonly faults: readonly string[];
};

const faultsOf = (partition: Partition, { config, state }: StreamInfo): string[] => {
  const wanted = configOf(partition, config.num_replicas);
  const faults: string[] = [];
  if (config.retention !== wanted.retention) faults.push(`retention is ${config.retention}, not ${wanted.retention}`);
  if (config.discard !== wanted.discard) faults.push('a full stream drops old events instead of refusing new ones');
  if (config.max_age > 0 || config.max_msgs > 0 || config.max_msgs_per_subject > 0)
    faults.push('old events are dropped');
  if (!config.allow_direct) faults.push('direct gets are not allowed');
  if (config.republish?.dest !== wanted.republish.dest) faults.push('events are not repeated live');
  if (state.first_seq > 1 && state.messages > 0) faults.push(`events before ${state.first_seq} are gone`);
  if (epochIn(config) === undefined) faults.push('it carries no epoch');
  return faults;
};

/** @returns `undefined` when there is no such stream */
export const describeStream = async (
  manager: JetStreamManager,
  partition: Partition,
): Promise<StreamDescription | undefined> => {
  const name = streamName(partition);
  const info = await findInfo(manager, name);
  if (info === undefined) return undefined;
  const { config, state, cluster } = info;
  return {
    partition,
    name,
    epoch: epochIn(config),
    events: state.messages,
    bytes: state.bytes,
    first: state.messages === 0 ? 0 : state.first_seq,
    last: state.last_seq,
    lastAt: state.messages === 0 ? null : new Date(state.last_ts).toISOString(),
    subjects: state.num_subjects ?? 0,
    copies: config.num_replicas,
    lagging: (cluster?.replicas ?? []).filter(({ current }) => !current).map((replica) => replica.name),
    consumers: state.consumer_count,
    faults: faultsOf(partition, info),
  };
};
