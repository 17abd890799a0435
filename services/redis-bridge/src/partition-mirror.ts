import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type Consumption,
  decodeRecord,
  type EventLog,
  isKvConflict,
  type LogRecord,
  type StoredEvent,
  UnreadableEvent,
} from '@kuraxx/event-store';
import type { Outgoing } from '@kuraxx/file-links';
import type { Tracing } from '@kuraxx/runtime';
import type { KV } from '@nats-io/kv';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { Observe } from './metrics.ts';
import { createNameKeeper } from './name-keeper.ts';
import { type Publication, publicationsOf } from './publication.ts';
import type { RedisPublisher } from './redis-publisher.ts';

/** `by` is missing where somebody has set the position by hand. */
const stored = z.object({ epoch: z.string(), sequence: z.int(), by: z.string().default('') });
const retryMs = 500;
const restartMs = 2000;

type Needs = {
  readonly log: EventLog;
  readonly positions: KV;
  readonly redis: RedisPublisher;
  /** Signs links to files; readers on Redis are nobody in particular. */
  readonly outgoing: Outgoing;
  readonly observe: Observe;
  /** Absent: nothing is traced. */
  readonly tracing: Tracing | undefined;
  readonly logger: Logger;
};

/** Another bridge has moved the position: it leads, and this one must not publish on. */
export class Superseded extends Error {}

/** The durable position of one partition; moved by compare-and-set, which fences off a bridge that only thinks it leads. */
const openPosition = async (partition: number, { log, positions, logger }: Needs) => {
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

/**
 * Mirrors one partition until the signal: publishes its events in order, then moves the position. Once each in normal
 * running, at least once after a crash. With Redis or NATS away it waits and goes on where it was.
 *
 * @throws {Superseded} when another bridge mirrors it too: the caller must step down
 */
export const mirrorPartition = async (partition: number, needs: Needs, signal: AbortSignal): Promise<void> => {
  const { log, redis, outgoing, observe, tracing, logger } = needs;
  const pause = (ms: number): Promise<void> => delay(ms, undefined, { signal }).catch(() => undefined); // the loops look at the signal

  /** Tries until it is done. @throws {Superseded} and when the signal came first */
  const insist = async (work: () => Promise<void>): Promise<void> => {
    for (;;) {
      signal.throwIfAborted();
      try {
        return await work();
      } catch (error) {
        if (error instanceof Superseded) throw error;
        logger.debug({ err: error, partition }, 'the mirror waits');
        await pause(retryMs);
      }
    }
  };
  const keepNames = createNameKeeper(log);
  const eventsIn = (records: readonly LogRecord[]): StoredEvent[] =>
    records.flatMap((record) => {
      if (record.via === 'import') return []; // it happened long ago, in another system
      try {
        return decodeRecord(record);
      } catch (error) {
        if (!(error instanceof UnreadableEvent)) throw error;
        // it can't be published, and nothing behind it may wait for it
        logger.error({ err: error, partition }, 'an event was not mirrored');
        return [];
      }
    });
  /** At the last moment: links live for an hour, and an outage may have been longer. */
  const signed = ({ channel, text }: Publication): Publication => ({ channel, text: outgoing.text(text) });
  const publish = async (events: readonly StoredEvent[]): Promise<void> => {
    const publications = (await keepNames(events)).flatMap(publicationsOf).map(signed);
    await redis.publish(publications);
    observe.published(publications);
  };

  const follow = async (): Promise<void> => {
    const position = await openPosition(partition, needs);
    observe.reached(partition, position.after);
    const consumption: Consumption = await log.consume(partition, { after: position.after }, async (records) => {
      const events = eventsIn(records);
      const startedAtMs = Date.now();
      await insist(() => publish(events));
      tracing?.handled('mirror', records, startedAtMs, { 'messaging.batch.message_count': records.length });
      const last = records.at(-1)?.position.sequence ?? position.after;
      await insist(() => position.move(last));
      observe.reached(partition, last);
    });
    const ended = new Promise<void>((resolve) => {
      if (signal.aborted) resolve(); // while it was opened: no event would tell
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    try {
      await Promise.race([consumption.failed, ended]);
    } finally {
      await consumption.stop();
    }
  };

  while (!signal.aborted) {
    try {
      await follow();
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Superseded) throw error;
      logger.error({ err: error, partition }, 'the mirror of a partition stopped');
      await pause(restartMs);
    }
  }
};
