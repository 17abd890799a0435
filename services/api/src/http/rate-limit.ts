import type { Logger } from '@kuraxx/runtime';
import type { Request, RequestHandler } from 'express';
import { Redis } from 'ioredis';
import jsonwebtoken from 'jsonwebtoken';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { z } from 'zod';
import { Problem } from './problem.ts';

/** A Redis that is stuck must not hold requests up: then this process counts by itself. */
const redisTimeoutMs = 250;
const connectTimeoutMs = 2_000;

/** Whether `key` may have one more request in its window. */
export type RateLimiter = {
  readonly maxRequests: number;
  take(key: string): Promise<{ allowed: boolean; remaining: number; resetMs: number }>;
  close(): void;
};

/** Resolves when Redis is there, or at the first sign that it isn't: starting never depends on it. */
const connected = (redis: Redis): Promise<void> =>
  new Promise((resolve) => {
    for (const event of ['ready', 'error', 'close']) redis.once(event, () => resolve());
    setTimeout(resolve, connectTimeoutMs).unref();
  });

/**
 * Counts requests in Redis, shared by all processes. With Redis away each process counts alone, in memory; requests
 * never fail for it.
 */
export const createRateLimiter = async (
  options: { redisUrl: string; windowMs: number; maxRequests: number },
  logger: Logger,
): Promise<RateLimiter> => {
  const redis = new Redis(options.redisUrl, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: redisTimeoutMs,
    connectTimeout: connectTimeoutMs,
    retryStrategy: (attempt) => Math.min(attempt * 200, 2_000),
  });
  redis.on('ready', () => logger.info('rate limits are counted in Redis'));
  redis.on('error', (err) => logger.debug({ err }, 'Redis is away: rate limits are counted per process'));
  await connected(redis);
  const window = { points: options.maxRequests, duration: options.windowMs / 1000, keyPrefix: 'kuraxx:rate' };
  const limiter = new RateLimiterRedis({
    ...window,
    storeClient: redis,
    rejectIfRedisNotReady: true,
    insuranceLimiter: new RateLimiterMemory(window),
  });
  const measured = (result: RateLimiterRes, allowed: boolean) => ({
    allowed,
    remaining: Math.max(0, result.remainingPoints),
    resetMs: Math.max(0, result.msBeforeNext),
  });
  return {
    maxRequests: options.maxRequests,
    take: async (key) => {
      try {
        return measured(await limiter.consume(key), true);
      } catch (refused) {
        if (refused instanceof RateLimiterRes) return measured(refused, false);
        throw refused;
      }
    },
    close: () => redis.disconnect(),
  };
};

const claims = z.object({ userId: z.string(), typ: z.literal('access') });

/** The user of a valid token, else the address: a token that anybody can make up must not open a window of its own. */
const keyOf = (request: Request, jwtSecret: string): string => {
  const token = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1];
  if (token === undefined) return `ip:${request.ip}`;
  try {
    const { userId } = claims.parse(jsonwebtoken.verify(token, jwtSecret, { algorithms: ['HS256'] }));
    return `user:${userId}`;
  } catch {
    return `ip:${request.ip}`; // what is wrong with the token is said by the route, if it needs one
  }
};

/** Refuses with 429 what is above the limit, and says in `RateLimit-*` how much is left. */
export const rateLimit =
  (limiter: RateLimiter, jwtSecret: string): RequestHandler =>
  async (request, response, next) => {
    const { allowed, remaining, resetMs } = await limiter.take(keyOf(request, jwtSecret));
    const resetSeconds = Math.ceil(resetMs / 1000);
    response.set({
      'RateLimit-Limit': String(limiter.maxRequests),
      'RateLimit-Remaining': String(remaining),
      'RateLimit-Reset': String(resetSeconds),
    });
    if (!allowed) throw new Problem('RATE_LIMITED', { retryAfterSeconds: Math.max(1, resetSeconds) });
    next();
  };
