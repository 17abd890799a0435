import type { Logger } from 'pino';
import { z } from 'zod';
import type { Store } from '../kv/store.ts';
import { createBackground } from './background.ts';
import type { Snapshot, Snapshots } from './snapshots.ts';

/** By default: few enough to be read in some milliseconds, and a hot room writes one only now and then. */
const eventsPerSnapshot = 500;
/** Longer than a healthy server takes by far; without a snapshot the log alone is read. */
const patienceMs = 250;
/** Under the server's limit for a message (1 MiB). */
const maxBytes = 512 * 1024;

/** What is stored: the state is text, so that a state of another fold is never looked into. */
export const storedSnapshot = z.object({
  epoch: z.string(),
  sequence: z.int(),
  eventId: z.string(),
  state: z.string(),
});

export type SnapshotStore = Pick<Store<z.infer<typeof storedSnapshot>>, 'get' | 'put'>;

/**
 * Snapshots in a KV bucket, by `<kind>.<version of the fold>.<id>`: processes of two releases don't take each other's away.
 *
 * @param options.epochOf the epoch of the log that an id's events are in; a snapshot of another is none
 */
export const kvSnapshots = <S>(
  store: SnapshotStore,
  options: {
    readonly kind: string;
    readonly foldVersion: number;
    readonly epochOf: (id: string) => string;
    readonly encode: (state: S) => string;
    readonly schema: z.ZodType<S>;
    readonly logger: Pick<Logger, 'debug'>;
    readonly every?: number;
  },
): Snapshots<S> & { idle(): Promise<void> } => {
  const { kind, foldVersion, epochOf, encode, schema, logger, every = eventsPerSnapshot } = options;
  const keyOf = (id: string): string => `${kind}.${foldVersion}.${id}`;

  const write = async (id: string, { state, sequence, eventId }: Snapshot<S>): Promise<void> => {
    const text = encode(state);
    if (Buffer.byteLength(text) > maxBytes) return;
    await store.put(keyOf(id), { epoch: epochOf(id), sequence, eventId, state: text });
  };
  const background = createBackground(write, (error) =>
    logger.debug({ err: error, kind }, 'a snapshot was not stored'),
  );

  const read = async (id: string): Promise<Snapshot<S> | undefined> => {
    try {
      const stored = (await store.get(keyOf(id)))?.value;
      if (stored === undefined || stored.epoch !== epochOf(id)) return undefined;
      const { sequence, eventId } = stored;
      return { state: schema.parse(JSON.parse(stored.state)), sequence, eventId };
    } catch (error) {
      logger.debug({ err: error, kind, id }, 'a snapshot can not be used');
      return undefined;
    }
  };

  return {
    every,
    find: async (id) => {
      const { promise: late, resolve } = Promise.withResolvers<undefined>();
      const timer = setTimeout(() => resolve(undefined), patienceMs);
      try {
        return await Promise.race([read(id), late]);
      } finally {
        clearTimeout(timer);
      }
    },
    offer: background.offer,
    idle: background.idle,
  };
};
