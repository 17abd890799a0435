import { join } from 'node:path';
import pg from 'pg';
import { findPostgres, type PostgresBinaries } from './find-postgres.ts';
import { freePort } from './free-port.ts';
import type { StartOptions } from './nats.ts';
import { stopLeftover } from './pid-file.ts';
import {
  clearStaleLock,
  clusterPaths,
  clusterVersion,
  explainPostgres,
  initCluster,
  readPassword,
} from './postgres-cluster.ts';
import { preparePostgresHome } from './postgres-home.ts';
import { postgresUser, type SystemUser } from './postgres-user.ts';
import { type RunningServer, runServer } from './running-server.ts';
import { withFreePort } from './with-free-port.ts';

export type PostgresOptions = StartOptions & {
  /** Made when absent; the URL names it. Default `kuraxx`. */
  readonly database?: string;
  /** Fast, but a crash of the machine may lose data: for tests. Default true: writes are flushed. */
  readonly durable?: boolean;
};

type Place = {
  readonly binaries: PostgresBinaries;
  readonly user: SystemUser | undefined;
  /** The data folder's real path: the user may not be able to walk to it the way we do. */
  readonly home: string;
  /** It follows another one: nothing can be written to it. */
  readonly isReplica: boolean;
};

const settings = (durable: boolean): string[] => [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=', // their paths may be longer than a socket's name can be
  'max_connections=200',
  ...(durable ? [] : ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off']),
];

const urlOf = (port: number, password: string, database: string): string =>
  `postgres://kuraxx:${password}@127.0.0.1:${port}/${database}`;

/** @returns whether it lets us in; while it starts or recovers it refuses */
const accepts = async (connectionString: string): Promise<boolean> => {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 2_000 });
  client.on('error', () => {}); // reported by connect
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end();
  }
};

const ensureDatabase = async (connectionString: string, database: string): Promise<void> => {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [database]);
    if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(database)}`);
  } finally {
    await client.end();
  }
};

/** Starts it on a cluster that is there. @throws {ServersError} */
export const startPostgresOn = async (place: Place, port: number, options: PostgresOptions): Promise<RunningServer> => {
  const { dataDir, database = 'kuraxx', durable = true } = options;
  const { cluster, pidFile } = clusterPaths(place.home);
  const password = await readPassword(place.home);
  const maintenanceUrl = urlOf(port, password, 'postgres');
  const server = await runServer({
    name: 'postgres',
    url: urlOf(port, password, database),
    port,
    dataDir,
    pidFile,
    child: {
      command: join(place.binaries.bin, 'postgres'),
      args: ['-D', cluster, '-p', String(port), ...settings(durable).flatMap((setting) => ['-c', setting])],
      cwd: cluster,
      user: place.user,
      deathSignal: 'SIGINT',
      onLine: options.onLine,
    },
    stopSignal: 'SIGINT', // "fast": sessions are cut, the data is flushed
    stopTimeoutMs: 20_000,
    prepare: async () => {
      await stopLeftover(pidFile, 'SIGINT');
      await clearStaleLock(place.home);
    },
    isReady: () => accepts(maintenanceUrl),
    explain: explainPostgres(dataDir),
    signal: options.signal,
  });
  if (!place.isReplica) await ensureDatabase(maintenanceUrl, database);
  return server;
};

/**
 * Starts Postgres in `dataDir`, on 127.0.0.1, making an empty cluster first when there is none. Run by root it runs as another user.
 *
 * @throws {ServersError} BINARY_MISSING, DATA_UNUSABLE, PORT_TAKEN, NOT_PERMITTED, START_FAILED
 */
export const startPostgres = async (options: PostgresOptions): Promise<RunningServer> => {
  const { dataDir, log } = options;
  const user = await postgresUser(clusterPaths(dataDir).cluster);
  const home = await preparePostgresHome(dataDir, user);
  const major = await clusterVersion(home);
  const binaries = await findPostgres(user, major);
  if (major === undefined) {
    log?.('making an empty database');
    await initCluster(home, binaries, user);
  }
  return withFreePort(options.port, freePort, (port) =>
    startPostgresOn({ binaries, user, home, isReplica: false }, port, options),
  );
};
