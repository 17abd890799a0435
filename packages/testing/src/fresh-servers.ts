import { type RunningServer, type StartOptions, startNats, startPostgres, startRedis } from '@kuraxx/servers';
import { tempFolder } from './temp-folder.ts';

/**
 * A server of one test's own, for isolation and faults: `stop`, `restart` (same port, same data), `kill` (-9 by default).
 * `remove` stops it and deletes its data: call it in `afterAll`/`afterEach`.
 */
export type FreshServer = RunningServer & { remove(): Promise<void> };

const fresh = async (name: string, start: (options: StartOptions) => Promise<RunningServer>): Promise<FreshServer> => {
  const folder = await tempFolder(name);
  try {
    const server = await start({ dataDir: `${folder.path}/${name}` });
    const remove = async (): Promise<void> => {
      await server.stop();
      await folder.remove();
    };
    // Not spread: `pid` is read anew each time
    return Object.assign(server, { remove });
  } catch (error) {
    await folder.remove();
    throw error;
  }
};

/** A private nats-server with JetStream and a store of its own: some 60 ms. */
export const freshNats = (): Promise<FreshServer> => fresh('nats', startNats);

/** A private redis-server: some 40 ms. */
export const freshRedis = (): Promise<FreshServer> => fresh('redis', startRedis);

/** A private Postgres with an empty database: some 1.5 s. Prefer `freshDatabase` unless the test stops the server. */
export const freshPostgres = (): Promise<FreshServer> =>
  fresh('postgres', (options) => startPostgres({ ...options, durable: false }));
