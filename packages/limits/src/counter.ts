import type { Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible';

/** Counters in Redis; each operation on one goes on in this process's memory while Redis is away. */
export const insuredCounter = (
  redis: Redis,
  options: { readonly keyPrefix: string; readonly seconds: number },
): RateLimiterRedis => {
  // Their own bound is of no use here: who counts also judges.
  const window = { points: Number.MAX_SAFE_INTEGER, duration: options.seconds, keyPrefix: options.keyPrefix };
  return new RateLimiterRedis({
    ...window,
    storeClient: redis,
    rejectIfRedisNotReady: true,
    insuranceLimiter: new RateLimiterMemory(window),
  });
};
