import { redisChannels } from '@kuraxx/contracts';
import { Redis } from 'ioredis';
import type { Happening } from '../history/records.ts';

export type Consumer = {
  readonly isSubscribed: boolean;
  close(): void;
};

const maxReconnectDelayMs = 500;

/** Subscribes to the documented channels, as consumers of the old system do, and again whenever the connection is back. */
export const createConsumer = async (
  consumer: string,
  url: string,
  record: (happening: Happening) => void,
): Promise<Consumer> => {
  const redis = new Redis(url, {
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    keepAlive: 1000,
    retryStrategy: (attempt) => Math.min(attempt * 50, maxReconnectDelayMs),
  });
  const first = Promise.withResolvers<void>();
  let isSubscribed = false;
  redis.on('error', () => undefined); // `close` follows
  redis.on('message', (channel, text) => record({ type: 'heard', consumer, channel, text }));
  redis.on('ready', () => {
    redis.subscribe(...Object.keys(redisChannels)).then(
      () => {
        isSubscribed = true;
        record({ type: 'subscribed', consumer });
        first.resolve();
      },
      () => undefined, // the connection broke meanwhile: tried again when it is back
    );
  });
  redis.on('close', () => {
    if (isSubscribed) record({ type: 'unsubscribed', consumer });
    isSubscribed = false;
  });
  await first.promise;
  return {
    get isSubscribed() {
      return isSubscribed;
    },
    close: () => redis.disconnect(),
  };
};
