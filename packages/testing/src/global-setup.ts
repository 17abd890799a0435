import { type RunningServer, startNats, startPostgres, startRedis } from '@kuraxx/servers';
import type { TestProject } from 'vitest/node';
import { tempFolder } from './temp-folder.ts';
import type { TestServers } from './test-servers.ts';

type Had = { readonly url: string; readonly server?: RunningServer };

/** Servers that somebody names for the tests are used as they are; else one is started. */
const fromEnvironmentOr = async (url: string | undefined, start: () => Promise<RunningServer>): Promise<Had> => {
  if (url) return { url };
  const server = await start();
  return { url: server.url, server };
};

/**
 * vitest's globalSetup: NATS, Postgres and Redis, started once for the run and stopped after it. NATS_URL, DATABASE_URL
 * and REDIS_URL are used when set (the tests then make and drop databases there).
 */
const setup = async (project: TestProject): Promise<() => Promise<void>> => {
  const { NATS_URL, DATABASE_URL, REDIS_URL } = process.env;
  const folder = await tempFolder('servers');
  const started = await Promise.allSettled([
    fromEnvironmentOr(NATS_URL, () => startNats({ dataDir: `${folder.path}/nats` })),
    fromEnvironmentOr(DATABASE_URL, () => startPostgres({ dataDir: `${folder.path}/postgres`, durable: false })),
    fromEnvironmentOr(REDIS_URL, () => startRedis({ dataDir: `${folder.path}/redis` })),
  ]);
  const teardown = async (): Promise<void> => {
    await Promise.all(started.map(async (one) => one.status === 'fulfilled' && one.value.server?.stop()));
    await folder.remove();
  };
  const [nats, postgres, redis] = started;
  if (nats.status === 'rejected' || postgres.status === 'rejected' || redis.status === 'rejected') {
    await teardown();
    const failed = started.find((one) => one.status === 'rejected');
    throw failed?.reason;
  }
  const urls: TestServers = {
    natsUrl: nats.value.url,
    databaseUrl: postgres.value.url,
    redisUrl: redis.value.url,
  };
  project.provide('kuraxxServers', urls);
  return teardown;
};

export default setup;
