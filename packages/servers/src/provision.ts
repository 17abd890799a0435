import { join } from 'node:path';
import { startWithDocker } from './docker.ts';
import { startNats } from './nats.ts';
import { startPostgres } from './postgres.ts';
import { startRedis } from './redis.ts';
import type { RunningServer, ServerName } from './running-server.ts';

/** Where a server comes from, and with that what can be done with it. */
export type Provided =
  | { readonly origin: 'environment'; readonly url: string }
  | { readonly origin: 'docker'; readonly url: string }
  | { readonly origin: 'local'; readonly url: string; readonly server: RunningServer };

export type ProvisionOptions = {
  /** Each local server keeps its data in a folder of its own name in here. */
  readonly dataDir: string;
  readonly env: NodeJS.ProcessEnv;
  /** Tells what is being done. */
  readonly log?: (name: ServerName, message: string) => void;
  /** Called with each line that a local server prints. */
  readonly onLine?: (name: ServerName, line: string) => void;
  /** Gives up: nothing is left running then. */
  readonly signal?: AbortSignal;
};

export type Provision = Readonly<Record<ServerName, Provided>> & {
  /** Stops what was started here, all at once; resolves when it is gone. */
  stop(): Promise<void>;
};

const starters = { nats: startNats, postgres: startPostgres, redis: startRedis } as const;
const names = ['nats', 'postgres', 'redis'] as const;

/** NATS_URL, DATABASE_URL, and REDIS_URL or REDIS_HOST with REDIS_PORT and REDIS_PASSWORD; empty counts as unset. */
const named = (name: ServerName, env: NodeJS.ProcessEnv): string | undefined => {
  if (name === 'nats') return env['NATS_URL'] || undefined;
  if (name === 'postgres') return env['DATABASE_URL'] || undefined;
  if (env['REDIS_URL']) return env['REDIS_URL'];
  if (!env['REDIS_HOST']) return undefined;
  const password = env['REDIS_PASSWORD'] ? `:${encodeURIComponent(env['REDIS_PASSWORD'])}@` : '';
  return `redis://${password}${env['REDIS_HOST']}:${env['REDIS_PORT'] || '6379'}`;
};

/**
 * Makes NATS, Postgres and Redis available, each the first way that works: named by the environment (used as it is, never
 * stopped), a running Docker engine through docker-compose.yml, local binaries on free ports.
 *
 * @throws {ServersError} with one message for the person at the terminal; nothing is left running then
 */
export const provision = async (options: ProvisionOptions): Promise<Provision> => {
  const { dataDir, env, log = () => {}, onLine, signal } = options;
  const needed = names.filter((name) => named(name, env) === undefined);
  const composed =
    needed.length === 0
      ? undefined
      : await startWithDocker({
          dataDir,
          names: needed,
          signal,
          log: (message) => needed.forEach((name) => log(name, message)),
        });

  const provide = async (name: ServerName): Promise<Provided> => {
    const given = named(name, env);
    if (given !== undefined) return { origin: 'environment', url: given };
    const url = composed?.urls[name];
    if (url !== undefined) return { origin: 'docker', url };
    const server = await starters[name]({
      dataDir: join(dataDir, name),
      signal,
      log: (message) => log(name, message),
      onLine: onLine && ((line) => onLine(name, line)),
    });
    return { origin: 'local', url: server.url, server };
  };

  const results = await Promise.allSettled([provide('nats'), provide('postgres'), provide('redis')]);
  const stop = async (): Promise<void> => {
    await Promise.all([
      composed?.stop(),
      ...results.map(async (result) => {
        if (result.status === 'fulfilled' && result.value.origin === 'local') await result.value.server.stop();
      }),
    ]);
  };
  const [nats, postgres, redis] = results;
  if (nats.status === 'fulfilled' && postgres.status === 'fulfilled' && redis.status === 'fulfilled') {
    return { nats: nats.value, postgres: postgres.value, redis: redis.value, stop };
  }
  await stop();
  throw results.find((result) => result.status === 'rejected')?.reason;
};
