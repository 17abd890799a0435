import { join } from 'node:path';
import { type RunningServer, type StartOptions, startNats, startPostgres, startRedis } from '@kuraxx/servers';
import type { Report } from './report.ts';
import { type Restartable, type Supervised, supervise } from './supervise.ts';

export type ServerUrls = { readonly natsUrl: string; readonly databaseUrl: string; readonly redisUrl: string };

const redisFromEnv = (env: NodeJS.ProcessEnv): string | undefined => {
  if (env['REDIS_URL']) return env['REDIS_URL'];
  if (!env['REDIS_HOST']) return undefined;
  const password = env['REDIS_PASSWORD'] ? `:${encodeURIComponent(env['REDIS_PASSWORD'])}@` : '';
  return `redis://${password}${env['REDIS_HOST']}:${env['REDIS_PORT'] || '6379'}`;
};

/** A server that runs already and restarts in place, as something that `supervise` can look after. */
const restartable = (server: RunningServer): Restartable => ({
  name: server.name,
  start: async () => {
    if (server.pid === undefined) await server.restart();
    const { pid } = server;
    if (pid === undefined) throw new Error(`${server.name} ended at once`);
    const ended = Promise.withResolvers<void>();
    const forget = server.onDeath(() => ended.resolve());
    void ended.promise.then(forget);
    return {
      pid,
      exited: ended.promise,
      signal: (signal) => void server.kill(signal),
      stop: async () => {
        await server.stop();
        ended.resolve();
      },
    };
  },
});

const starters = { nats: startNats, postgres: startPostgres, redis: startRedis } as const;
const titles = { nats: 'NATS', postgres: 'Postgres', redis: 'Redis' } as const;

/**
 * Brings up NATS, Postgres and Redis, side by side: those that the environment names are used as they are, the others
 * are started from local binaries and looked after.
 *
 * @param started called for each server of our own as soon as it runs, so that it is stopped whatever comes later
 * @throws {ServersError} with a message for the person at the terminal
 */
export const openServers = async (
  env: NodeJS.ProcessEnv,
  dataDir: string,
  report: Report,
  started: (server: Supervised) => void,
  changed: () => void,
): Promise<ServerUrls> => {
  const open = async (name: keyof typeof starters, given: string | undefined): Promise<string> => {
    if (given) {
      report(`${titles[name]}: using the one that the environment names`);
      return given;
    }
    const options: StartOptions = {
      dataDir: join(dataDir, name),
      log: (message) => report(`${titles[name]}: ${message}`),
    };
    const server = await starters[name](options);
    started(await supervise(restartable(server), report, changed));
    report(`${titles[name]}: started on 127.0.0.1:${server.port} (process ${server.pid ?? 'gone'})`);
    return server.url;
  };
  const results = await Promise.allSettled([
    open('nats', env['NATS_URL']),
    open('postgres', env['DATABASE_URL']),
    open('redis', redisFromEnv(env)),
  ]);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  const [natsUrl = '', databaseUrl = '', redisUrl = ''] = results.map((result) =>
    result.status === 'fulfilled' ? result.value : '',
  );
  return { natsUrl, databaseUrl, redisUrl };
};
