import { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { Publication } from './publication.ts';

const commandTimeoutMs = 5000;
const maxReconnectDelayMs = 2000;

export type RedisPublisher = {
  /**
   * Publishes in order; what is asked for while Redis hasn't answered yet goes together, in one write, when it has.
   *
   * @throws when any of it is not known to have arrived: then all of it may be repeated
   */
  publish(publications: readonly Publication[]): Promise<void>;
  /** Whether Redis answers now; rejects when it takes 5 s. */
  isReady(): Promise<boolean>;
  close(): Promise<void>;
};

/** A connection to Redis that fails fast while it is away and comes back by itself. */
export const createRedisPublisher = (url: string, logger: Logger): RedisPublisher => {
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: commandTimeoutMs,
    retryStrategy: (attempt) => Math.min(attempt * 100, maxReconnectDelayMs),
  });
  let told = false;
  redis.on('error', (error) => {
    if (!told) logger.warn({ err: error }, 'Redis is away; the mirror waits');
    told = true; // once for each outage, not for each attempt
  });
  redis.on('ready', () => {
    if (told) logger.info('Redis is back');
    told = false;
  });
  const publishAll = async (publications: readonly Publication[]): Promise<void> => {
    if (redis.status !== 'ready') throw new Error('Redis is not connected');
    const pipeline = redis.pipeline();
    for (const { channel, text } of publications) pipeline.publish(channel, text);
    for (const [error] of (await pipeline.exec()) ?? []) if (error !== null) throw error;
  };
  let last = Promise.resolve();
  let next: { readonly publications: Publication[]; readonly sent: Promise<void> } | undefined;
  const open = () => {
    const gathered: Publication[] = [];
    const send = (): Promise<void> => {
      next = undefined;
      return publishAll(gathered);
    };
    last = last.then(send, send); // who waits for the one before is told of its failure
    return { publications: gathered, sent: last };
  };
  return {
    publish: async (publications) => {
      if (publications.length === 0) return;
      next ??= open();
      for (const publication of publications) next.publications.push(publication);
      await next.sent;
    },
    isReady: async () => redis.status === 'ready' && (await redis.ping()) === 'PONG',
    close: async () => redis.disconnect(),
  };
};
