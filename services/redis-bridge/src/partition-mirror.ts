import { setTimeout as delay } from 'node:timers/promises';
import {
  type Consumption,
  decodeRecord,
  type EventLog,
  type LogRecord,
  type StoredEvent,
  UnreadableEvent,
} from '@kuraxx/event-store';
import type { Outgoing } from '@kuraxx/file-links';
import type { Tracing } from '@kuraxx/runtime';
import type { KV } from '@nats-io/kv';
import type { Logger } from 'pino';
import type { Observe } from './metrics.ts';
import { createNameKeeper } from './name-keeper.ts';
import { openPosition, Superseded } from './position.ts';
import { type Publication, publicationsOf } from './publication.ts';
import type { RedisPublisher } from './redis-publisher.ts';

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

/**
 * Mirrors one partition until the signal: publishes its events in order, and stores now and then how far it is. Once each in normal
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
    const position = await openPosition(partition, needs, insist);
    observe.reached(partition, position.after);
    const consumption: Consumption = await log.consume(partition, { after: position.after }, async (records) => {
      const events = eventsIn(records);
      const startedAtMs = Date.now();
      await insist(() => publish(events));
      tracing?.handled('mirror', records, startedAtMs, { 'messaging.batch.message_count': records.length });
      const last = records.at(-1)?.position.sequence ?? position.after;
      await position.reached(last);
      observe.reached(partition, last);
    });
    const ended = new Promise<void>((resolve) => {
      if (signal.aborted) resolve(); // while it was opened: no event would tell
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    try {
      await Promise.race([consumption.failed, position.failed, ended]);
    } finally {
      await consumption.stop();
      await position.close();
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
