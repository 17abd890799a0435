import { Redis } from 'ioredis';
import type { Logger } from 'pino';

/** A Redis that is stuck must not hold anybody up: then this process counts by itself. */
const commandTimeoutMs = 250;
const connectTimeoutMs = 2_000;
const maxReconnectDelayMs = 2_000;
const pulseMs = 500;

/** A connection for counters: it fails fast while Redis is away, and comes back by itself. */
export type LimitsRedis = { readonly redis: Redis; close(): void };

/** Resolves when Redis is there, or at the first sign that it isn't: starting never depends on it. */
const settled = (redis: Redis): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, connectTimeoutMs);
    timer.unref();
    for (const event of ['ready', 'error', 'close']) {
      redis.once(event, () => {
        clearTimeout(timer);
        resolve();
      });
    }
  });

/** Connects within two seconds, or goes on trying in the background. Never rejects. */
export const connectLimitsRedis = async (url: string, logger: Logger): Promise<LimitsRedis> => {
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: commandTimeoutMs,
    connectTimeout: connectTimeoutMs,
    retryStrategy: (attempt) => Math.min(attempt * 200, maxReconnectDelayMs),
  });
  let isAway = false;
  redis.on('error', (err) => {
    if (!isAway) logger.warn({ err }, 'Redis is away: limits are counted per process');
    isAway = true; // told once for each outage, not for each attempt
  });
  redis.on('ready', () => {
    logger.info('limits are counted in Redis');
    isAway = false;
  });
  // A connection that is stuck looks ready, and each command would wait for its time-out: it is given up and opened anew.
  const pulse = setInterval(() => {
    if (redis.status === 'ready') redis.ping().catch(() => redis.disconnect(true));
  }, pulseMs);
  pulse.unref();
  await settled(redis);
  return {
    redis,
    close: () => {
      clearInterval(pulse);
      redis.disconnect();
    },
  };
};
