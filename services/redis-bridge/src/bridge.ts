import { type EventLog, openBucket } from '@kuraxx/event-store';
import type { Outgoing } from '@kuraxx/file-links';
import type { Tracing } from '@kuraxx/runtime';
import { followRoomSignals, watchPresence } from '@kuraxx/signals';
import type { NatsConnection } from 'nats';
import type { Logger } from 'pino';
import { takeTurns } from './lease.ts';
import type { Observe } from './metrics.ts';
import { mirrorPartition } from './partition-mirror.ts';
import { type Publication, presencePublication, signalPublication } from './publication.ts';
import { createRedisPublisher } from './redis-publisher.ts';

export type BridgeOptions = {
  readonly nats: NatsConnection;
  readonly log: EventLog;
  readonly redisUrl: string;
  /** Signs links to files. */
  readonly outgoing: Outgoing;
  readonly replicas: number;
  readonly observe: Observe;
  /** Absent: nothing is traced. */
  readonly tracing?: Tracing | undefined;
  readonly logger: Logger;
};

/** Starts mirroring as soon as no other bridge does. @returns how to stop, and whether Redis is there */
export const createBridge = async (options: BridgeOptions) => {
  const { nats, log, redisUrl, outgoing, replicas, observe, tracing, logger } = options;
  const bucket = await openBucket(nats, 'KURAXX_BRIDGE', { replicas });
  const redis = createRedisPublisher(redisUrl, logger);

  /** What isn't kept is not kept here either: while Redis is away it is let go. */
  const tell = (publication: Publication): void => {
    redis.publish([publication]).then(
      () => observe.published([publication]),
      (error: unknown) => {
        logger.debug({ err: error, channel: publication.channel }, 'an ephemeral event was not mirrored');
      },
    );
  };

  const lead = async (given: AbortSignal): Promise<void> => {
    const superseded = new AbortController();
    const signal = AbortSignal.any([given, superseded.signal]);
    const mirror = async (partition: number): Promise<void> => {
      try {
        await mirrorPartition(partition, { log, positions: bucket, redis, outgoing, observe, tracing, logger }, signal);
      } catch (error) {
        superseded.abort(); // with one partition lost, the lease is
        throw error;
      }
    };
    const stopSignals = followRoomSignals(nats, '*', (one) => tell(signalPublication(one, Date.now())));
    const presence = watchPresence(nats, {
      onAuthenticated: (person) => tell(presencePublication(person, true, Date.now())),
      onOffline: (person, lastSeenAt) => tell(presencePublication(person, false, Date.parse(lastSeenAt))),
    });
    observe.leading(true);
    try {
      const ends = await Promise.allSettled(Array.from({ length: log.roomPartitions }, (_, index) => mirror(index)));
      for (const end of ends) if (end.status === 'rejected') throw end.reason;
    } finally {
      observe.leading(false);
      stopSignals();
      presence.close();
    }
  };

  const stop = takeTurns(bucket, lead, logger);
  return {
    isRedisReady: (): Promise<boolean> => redis.isReady(),
    stop: async (): Promise<void> => {
      await stop();
      await redis.close();
    },
  };
};
