import { randomUUID } from 'node:crypto';
import { type EventLog, isKvConflict } from '@kuraxx/event-store';
import type { KV } from '@nats-io/kv';
import type { Logger } from 'pino';
import { z } from 'zod';

/** `by` is missing where somebody has set the position by hand. */
const stored = z.object({ epoch: z.string(), sequence: z.int(), by: z.string().default('') });

/**
 * So often a position is stored at most: what was published since is published again after a crash, and so long a bridge that no longer leads may
 * publish beside the one that does. Storing costs more than publishing (a write of JetStream, acknowledged, against a line to Redis).
 */
const storeEveryMs = 250;

/** Another bridge has moved the position: it leads, and this one must not publish on. */
export class Superseded extends Error {}

export type PositionStore = { readonly log: EventLog; readonly positions: KV; readonly logger: Logger };

/** Where a partition's mirror is, and how it is stored; compare-and-set fences off a bridge that only thinks it leads. */
const openStored = async (partition: number, { log, positions, logger }: PositionStore) => {
  const key = `position.${partition}`;
  const by = randomUUID();
  const epoch = log.epochOf(partition);
  const entry = await positions.get(key);
  const known = entry?.operation === 'PUT' ? stored.parse(entry.json()) : undefined;
  let revision = entry?.revision ?? 0;

  const start = async (): Promise<number> => {
    if (known === undefined) return 0;
    if (known.epoch !== epoch) {
      logger.warn({ partition }, 'the log was replaced: mirrored from its start');
      return 0;
    }
    const head = await log.head(partition);
    if (known.sequence > head) {
      // an older copy was put back: what it holds was mirrored before, what is new gets numbers that were used before
      logger.warn(
        { partition, position: known.sequence, head },
        'the log ends before what was mirrored: goes on at its end',
      );
    }
    return Math.min(known.sequence, head);
  };

  /** A write whose answer was lost looks like somebody else's: `by` tells whose it is. */
  const ownRevision = async (sequence: number): Promise<number | undefined> => {
    const now = await positions.get(key);
    const written = now?.operation === 'PUT' ? stored.parse(now.json()) : undefined;
    return written?.by === by && written.sequence === sequence ? now?.revision : undefined;
  };

  const move = async (sequence: number): Promise<void> => {
    try {
      revision = await positions.put(key, JSON.stringify({ epoch, sequence, by }), { previousSeq: revision });
    } catch (error) {
      if (!isKvConflict(error)) throw error;
      const own = await ownRevision(sequence);
      if (own === undefined) throw new Superseded('another bridge has moved the position', { cause: error });
      revision = own;
    }
  };
  return { after: await start(), move };
};

/** How far one partition was published. */
export type MirrorPosition = {
  /** Where to go on. */
  readonly after: number;
  /**
   * All up to `sequence` was published. It is stored now when nothing was for a while, else a little later with what comes until then: who waits
   * for this never publishes further than that ahead of what is stored.
   *
   * @throws {Superseded} and what `insist` throws
   */
  reached(sequence: number): Promise<void>;
  /** Rejects when a position that was stored later could not be, as `reached` would. */
  readonly failed: Promise<never>;
  /** Stores what wasn't yet, once. @throws {Superseded} and when it can't be stored */
  close(): Promise<void>;
};

/** @param insist tries until it is done, or throws for good */
export const openPosition = async (
  partition: number,
  store: PositionStore,
  insist: (work: () => Promise<void>) => Promise<void>,
): Promise<MirrorPosition> => {
  const { after, move } = await openStored(partition, store);
  const { promise: failed, reject: fail } = Promise.withResolvers<never>();
  failed.catch(() => undefined); // whoever follows races it; after that nobody asks
  let published = after;
  let storedUpTo = after;
  let storedAtMs = Number.NEGATIVE_INFINITY;
  let later: NodeJS.Timeout | undefined;
  /** One write at a time; the first that fails for good fails all behind it. */
  let writes = Promise.resolve();

  const write = async (how: typeof insist): Promise<void> => {
    const upTo = published;
    if (upTo === storedUpTo) return;
    await how(() => move(upTo));
    storedUpTo = upTo;
    storedAtMs = performance.now();
  };
  const storeNow = (): Promise<void> => {
    clearTimeout(later);
    later = undefined;
    writes = writes.then(() => write(insist));
    return writes;
  };
  return {
    after,
    failed,
    async reached(sequence) {
      published = sequence;
      const waitMs = storedAtMs + storeEveryMs - performance.now();
      if (waitMs <= 0) return storeNow();
      later ??= setTimeout(() => void storeNow().catch(fail), waitMs);
    },
    async close() {
      clearTimeout(later);
      await writes.catch((error: unknown) => {
        if (error instanceof Superseded) throw error; // another one's position is not to be touched; all else is tried once more
      });
      await write((work) => work());
    },
  };
};
