import { aptBinary } from './apt.ts';
import { type Binary, findOnPath } from './binary.ts';
import { ServersError } from './errors.ts';
import type { FindOptions } from './find-nats.ts';

/**
 * redis-server from PATH or the system folders, else unpacked from the distribution's packages into the servers folder.
 *
 * @throws {ServersError} BINARY_MISSING, with what to install
 */
export const findRedisServer = async (options: FindOptions = {}): Promise<Binary> => {
  const path = await findOnPath('redis-server');
  if (path !== undefined) return { path, env: {} };
  const unpacked = await aptBinary({
    ...options,
    binary: 'usr/bin/redis-server',
    packages: ['redis-server', 'redis-tools'],
  });
  if ('path' in unpacked) return unpacked;
  throw new ServersError(
    'BINARY_MISSING',
    `Redis was not found: REDIS_URL is not set, no Docker engine runs, redis-server is not on PATH, and ${unpacked.reason}. ` +
      'Install it ("sudo apt-get install redis-server" or "brew install redis"), or set REDIS_URL.',
  );
};
