import { isKvConflict, openBucket, Unavailable } from '@kuraxx/event-store';
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from 'nats';
import type { z } from 'zod';

export type Entry<T> = { readonly value: T; readonly revision: number };

/** Values of one shape by key, with compare-and-set. Every call throws {Unavailable} when NATS is away. */
export type Store<T> = {
  get(key: string): Promise<Entry<T> | undefined>;
  put(key: string, value: T): Promise<void>;
  /** @returns the revision; `undefined` when the key is there already */
  create(key: string, value: T): Promise<number | undefined>;
  /** @returns the new revision; `undefined` when the entry has changed since `revision` */
  update(key: string, value: T, revision: number): Promise<number | undefined>;
  /** Deletes for good, only at `revision` when one is given (else whatever is there). */
  remove(key: string, revision?: number): Promise<void>;
  /** All keys that are there as of this call, in one request. One that isn't may be among them: its `get` gives nothing. */
  keys(filter: string): Promise<string[]>;
};

const timeoutMs = 4000;

const within = async <T>(what: string, work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Unavailable(`${what}: no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } catch (error) {
    if (isKvConflict(error) || error instanceof Unavailable) throw error;
    throw new Unavailable(`${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
};

/** `undefined` instead of the error when somebody else was faster. */
const unlessConflict = async <T>(work: Promise<T>): Promise<T | undefined> => {
  try {
    return await work;
  } catch (error) {
    if (isKvConflict(error)) return undefined;
    throw error;
  }
};

/**
 * From the stream itself, in one request. Not `KV.keys`: it waits for a last message, and when that is removed meanwhile it
 * hangs for 5 s (@nats-io/kv 3.4).
 */
const subjectsOf = async (manager: JetStreamManager, stream: string, filter: string): Promise<string[]> => {
  const { state } = await manager.streams.info(stream, { subjects_filter: filter });
  return Object.keys(state.subjects ?? {});
};

/** Opens a bucket whose values are JSON of one schema. @param options.ttlMs keys vanish so long after their last change; never by default */
export const openStore = async <T extends z.ZodType>(
  nats: NatsConnection,
  name: string,
  schema: T,
  replicas: number,
  options: { readonly ttlMs?: number } = {},
): Promise<Store<z.infer<T>>> => {
  const bucket = await openBucket(nats, name, { replicas, ...options });
  const manager = await jetstreamManager(nats);
  const [stream, prefix] = [`KV_${name}`, `$KV.${name}.`];
  /** Not asked for one by one, so that no copy that is behind hides a key; the marker of a removal that was cut short is one too. */
  const listKeys = async (filter: string): Promise<string[]> =>
    (await subjectsOf(manager, stream, prefix + filter)).map((subject) => subject.slice(prefix.length));
  /** Leaves no marker: who signs in and out for ever would leave more and more of them to be passed over. */
  const forget = async (key: string, before?: number): Promise<void> => {
    const older = before === undefined ? {} : { seq: before };
    await manager.streams.purge(stream, { filter: prefix + key, ...older });
  };
  const removeAt = async (key: string, revision: number): Promise<void> => {
    const isDone = await unlessConflict(bucket.purge(key, { previousSeq: revision }).then(() => true));
    const marker = isDone === true ? await bucket.get(key) : null;
    // what was put there since is newer than the marker
    if (marker !== null && marker.operation !== 'PUT') await forget(key, marker.revision + 1);
  };
  const encode = (value: z.infer<T>): string => JSON.stringify(value);
  return {
    get: async (key) => {
      const entry = await within(`get from ${name}`, bucket.get(key));
      if (entry === null || entry.operation !== 'PUT') return undefined;
      return { value: schema.parse(entry.json()), revision: entry.revision };
    },
    put: async (key, value) => void (await within(`put into ${name}`, bucket.put(key, encode(value)))),
    create: (key, value) => unlessConflict(within(`create in ${name}`, bucket.create(key, encode(value)))),
    update: (key, value, revision) =>
      unlessConflict(within(`update in ${name}`, bucket.update(key, encode(value), revision))),
    remove: async (key, revision) => {
      await within(`remove from ${name}`, revision === undefined ? forget(key) : removeAt(key, revision));
    },
    keys: (filter) => within(`list ${name}`, listKeys(filter)),
  };
};
