import { isKvConflict, openBucket, Unavailable } from '@kuraxx/event-store';
import type { KV } from '@nats-io/kv';
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

const keysOf = async (bucket: KV, filter: string): Promise<string[]> => {
  const found: string[] = [];
  for await (const key of await bucket.keys(filter)) found.push(key);
  return found;
};

/** Opens a bucket whose values are JSON of one schema. */
export const openStore = async <T extends z.ZodType>(
  nats: NatsConnection,
  name: string,
  schema: T,
  replicas: number,
): Promise<Store<z.infer<T>>> => {
  const bucket = await openBucket(nats, name, { replicas });
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
      const condition = revision === undefined ? {} : { previousSeq: revision };
      await unlessConflict(within(`remove from ${name}`, bucket.purge(key, condition)));
    },
    keys: (filter) => within(`list ${name}`, keysOf(bucket, filter)),
  };
};
