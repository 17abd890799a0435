import type { RunFile } from '@kuraxx/runtime';
import { type Provided, type Provision, provision, type RunningServer } from '@kuraxx/servers';
import { openLogFiles } from './log-file.ts';
import type { Report } from './report.ts';
import { type Restartable, type Supervised, supervise } from './supervise.ts';

export type ServerUrls = { readonly natsUrl: string; readonly databaseUrl: string; readonly redisUrl: string };

export type Servers = {
  readonly urls: ServerUrls;
  /** Those that run as our own processes. */
  readonly supervised: readonly Supervised[];
  /** What services are told of them beside their URLs. */
  readonly env?: NodeJS.ProcessEnv;
  /** The same for one process alone, by its name. */
  readonly envOf?: (name: string) => NodeJS.ProcessEnv;
  /** As whom operators ask NATS, for run.json. */
  readonly natsAccess?: RunFile['nats'];
  /** Stops what was started here. */
  stop(): Promise<void>;
};

export type ServersOptions = {
  readonly env: NodeJS.ProcessEnv;
  /** Taken for this process; it has a folder `logs`. */
  readonly dataDir: string;
  readonly report: Report;
  /** Called when a process id has changed. */
  readonly changed: () => void;
  /** Gives the start up. */
  readonly signal: AbortSignal;
};

/** A server that runs already and restarts in place, as something that `supervise` can look after. */
export const restartable = (server: RunningServer, name: string = server.name): Restartable => ({
  name,
  start: async () => {
    if (server.pid === undefined) await server.restart();
    const { pid } = server;
    if (pid === undefined) throw new Error(`${name} ended at once`);
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

const titles = { nats: 'NATS', postgres: 'Postgres', redis: 'Redis' } as const;
const names = ['nats', 'postgres', 'redis'] as const;

const describe = (provided: Provided): string => {
  if (provided.origin === 'environment') return 'using the one that the environment names';
  if (provided.origin === 'docker') return 'runs in Docker';
  return `started on 127.0.0.1:${provided.server.port} (process ${provided.server.pid ?? 'gone'})`;
};

/**
 * Makes NATS, Postgres and Redis available and looks after those that were started as our own processes. Their output
 * goes to `<data dir>/logs`.
 *
 * @throws {ServersError} with a message for the person at the terminal; nothing is left running then
 */
export const openServers = async (options: ServersOptions): Promise<Servers> => {
  const { env, dataDir, report, changed, signal } = options;
  const logs = openLogFiles(dataDir, report);
  const supervised: Supervised[] = [];
  let provided: Provision | undefined;
  const stop = async (): Promise<void> => {
    await Promise.all(supervised.map((server) => server.stop()));
    await provided?.stop();
    logs.close();
  };
  try {
    provided = await provision({
      env,
      dataDir,
      signal,
      log: (name, message) => report(`${titles[name]}: ${message}`),
      onLine: (name, line) => logs.write(name, line),
    });
    for (const name of names) {
      const one = provided[name];
      report(`${titles[name]}: ${describe(one)}`);
      if (one.origin === 'local') supervised.push(await supervise(restartable(one.server), report, changed, signal));
    }
    return {
      urls: { natsUrl: provided.nats.url, databaseUrl: provided.postgres.url, redisUrl: provided.redis.url },
      supervised,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
};
