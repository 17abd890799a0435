import { Redis } from 'ioredis';
import type { Servers } from '../frame/servers.ts';
import { withoutPassword } from '../frame/servers.ts';
import { bad, type Finding, good, reasonOf } from './finding.ts';

const timeoutMs = 3000;

export const checkRedis = async (servers: Servers): Promise<Finding[]> => {
  const { redisUrl } = await servers.target();
  const redis = new Redis(redisUrl, {
    lazyConnect: true,
    connectTimeout: timeoutMs,
    commandTimeout: timeoutMs,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
  });
  let heard: unknown;
  redis.on('error', (error) => {
    heard = error;
  });
  const where = withoutPassword(redisUrl);
  try {
    await redis.connect();
    await redis.ping();
    return [good('redis', `answers at ${where}`)];
  } catch (error) {
    return [
      bad(
        'redis',
        reasonOf(heard ?? error),
        `start Redis at ${where}, or set REDIS_URL; until then nothing is mirrored`,
      ),
    ];
  } finally {
    redis.disconnect();
  }
};
