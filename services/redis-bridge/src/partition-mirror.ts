import { setTimeout as delay } from 'node:timers/promises';
import {
  type Consumption,
  decodeRecord,
  type EventLog,
  isKvConflict,
  type LogRecord,
  UnknownVersion,
} from '@kuraxx/event-store';
import type { KV } from '@nats-io/kv';
import type { Logger } from 'pino';
import { z } from 'zod';
import { type Publication, publicationsOf } from './publication.ts';
import type { RedisPublisher } from './redis-publisher.ts';

const stored = z.object({ epoch: z.string(), sequence: z.int() });
const retryMs = 500;
const restartMs = 2000;

type Needs = {
  readonly log: EventLog;
  readonly positions: KV;
  readonly redis: RedisPublisher;
  readonly logger: Logger;
};

/** Another bridge has moved the position: it leads, and this one must not publish on. */
class Superseded extends Error {}

/** The durable position of one partition; moved by compare-and-set, which fences off a bridge that only thinks it leads. */
const openPosition = async (positions: KV, partition: number, epoch: string, logger: Logger) => {
  const key = `position.${partition}`;
  const entry = await positions.get(key);
  const known = entry?.operation === 'PUT' ? stored.parse(entry.json()) : undefined;
  if (known !== undefined && known.epoch !== epoch)
    logger.warn({ partition }, 'the log was replaced: mirrored from its start');
  let revision = entry?.revision ?? 0;
  return {
    after: known?.epoch === epoch ? known.sequence : 0,
    move: async (sequence: number): Promise<void> => {
      try {
        revision = await positions.put(key, JSON.stringify({ epoch, sequence }), { previousSeq: revision });
      } catch (error) {
        throw isKvConflict(error) ? new Superseded('another bridge has moved the position') : error;
      }
    },
  };
};

/**
 * Mirrors one partition until the signal: publishes its events in order, then moves the position. Once each in normal
 * running, at least once after a crash. With Redis or NATS away it waits and goes on where it was.
 */
export const mirrorPartition = async (partition: number, needs: Needs, signal: AbortSignal): Promise<void> => {
  const { log, positions, redis, logger } = needs;
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
  const publicationsIn = (records: readonly LogRecord[]): Publication[] =>
    records.flatMap((record) => {
      const event = decodeRecord(record);
      return event === undefined ? [] : publicationsOf(event);
    });

  const follow = async (): Promise<void> => {
    const position = await openPosition(positions, partition, log.epochOf(partition), logger);
    const consumption: Consumption = await log.consume(partition, { after: position.after }, async (records) => {
      const publications = publicationsIn(records);
      await insist(() => redis.publish(publications));
      const last = records.at(-1)?.position.sequence ?? position.after;
      await insist(() => position.move(last));
    });
    const ended = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
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
      logger.error({ err: error, partition }, 'the mirror of a partition stopped');
      if (error instanceof UnknownVersion) return; // going on would be guessing; a newer bridge goes on from here
      await pause(restartMs);
    }
  }
};
