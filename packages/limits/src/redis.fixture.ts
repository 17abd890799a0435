import { randomUUID } from 'node:crypto';
import { type Logger, pino } from 'pino';
import { onTestFinished } from 'vitest';
import { connectLimitsRedis } from './redis.ts';

export const silent: Logger = pino({ level: 'silent' });

/** A connection that is closed after the test, and a prefix of the test's own. */
export const openRedis = async (url: string) => {
  const limits = await connectLimitsRedis(url, silent);
  onTestFinished(() => limits.close());
  return limits.redis;
};

export const uniquePrefix = (): string => `test:${randomUUID()}`;
