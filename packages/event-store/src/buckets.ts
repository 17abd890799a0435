import { setTimeout as delay } from 'node:timers/promises';
import { JetStreamApiError, type JetStreamManager, StorageType } from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import { type NatsConnection, RequestError } from 'nats';
import { unlessForbidden } from './errors.ts';

/**
 * Opens a KV bucket on disk, made when absent.
 *
 * @param options.ttlMs keys vanish so long after their last change; never by default
 */
export const openBucket = (
  nats: NatsConnection,
  name: string,
  options: { readonly ttlMs?: number; readonly replicas?: number } = {},
): Promise<KV> =>
  new Kvm(nats).create(name, {
    storage: StorageType.File,
    replicas: options.replicas ?? 1,
    history: 1,
    ...(options.ttlMs === undefined ? {} : { ttl: options.ttlMs }),
  });

const logBucket = 'KURAXX_LOG';
const settleMs = 2_000;
const retryMs = 50;
const streamNotFound = 10_059;
const wrongLastSequence = 10_071;

/** Whether a KV `create` met an existing key, or an `update` another revision than the expected one. */
export const isKvConflict = (error: unknown): boolean =>
  error instanceof JetStreamApiError && (error.code === wrongLastSequence || error.code === 10_164);

/** Nobody listens: by name where the library doesn't export the class, which takes it for a server without JetStream. */
const isSilence = (error: unknown): boolean =>
  (error instanceof RequestError && error.isNoResponders()) ||
  (error instanceof Error && error.name === 'JetStreamNotEnabled');

/** A bucket that another process has made this very moment may not listen yet: neither to who writes, nor to who reads what the other has written. */
const createOnceListening = async (bucket: KV, key: string, value: string): Promise<void> => {
  const deadline = Date.now() + settleMs;
  for (;;) {
    try {
      await bucket.create(key, value);
      return;
    } catch (error) {
      if (!isSilence(error) || Date.now() > deadline) throw error;
      await delay(retryMs);
    }
  }
};

/**
 * The number of room partitions of the log, without making anything.
 *
 * NATS 2.9 dies of a nil pointer when it is asked for a message of a stream that another process is just making. One that has a message is made.
 *
 * @returns `undefined` when no log was set up here
 */
export const findPartitions = async (manager: JetStreamManager): Promise<number | undefined> => {
  const stream = `KV_${logBucket}`;
  try {
    const { state } = await manager.streams.info(stream);
    if (state.messages === 0) return undefined;
    const stored = await manager.streams.getMessage(stream, { last_by_subj: `$KV.${logBucket}.partitions` });
    return stored === null ? undefined : Number(stored.string());
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === streamNotFound) return undefined;
    throw error;
  }
};

/**
 * The number of room partitions, fixed when the log is first set up.
 *
 * @throws {NotSetUp} when there is none, and this user may not fix it
 * @throws {Error} when another number is asked for later
 */
export const fixPartitions = async (
  nats: NatsConnection,
  manager: JetStreamManager,
  wanted: number,
  replicas: number,
): Promise<void> => {
  let fixed = await findPartitions(manager); // first: most processes may not write here
  if (fixed === undefined) {
    const bucket = await unlessForbidden(() => openBucket(nats, logBucket, { replicas }));
    try {
      await unlessForbidden(() => createOnceListening(bucket, 'partitions', String(wanted)));
      return;
    } catch (error) {
      if (!isKvConflict(error)) throw error;
      fixed = Number((await bucket.get('partitions'))?.string());
    }
  }
  if (fixed === wanted) return;
  throw new Error(
    `This log was set up with ${fixed} room partitions, which can't change: set KURAXX_PARTITIONS=${fixed} (it says ${wanted}).`,
  );
};
