import { chown, copyFile, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { messageOf, ServersError } from './errors.ts';
import { findPostgres } from './find-postgres.ts';
import { freePort } from './free-port.ts';
import { type PostgresOptions, startPostgresOn } from './postgres.ts';
import { clusterPaths, clusterVersion } from './postgres-cluster.ts';
import { preparePostgresHome } from './postgres-home.ts';
import { postgresUser, type SystemUser } from './postgres-user.ts';
import { run } from './run.ts';
import type { RunningServer } from './running-server.ts';
import { withFreePort } from './with-free-port.ts';

const maintenanceUrl = (url: string): string => {
  const maintenance = new URL(url);
  maintenance.pathname = '/postgres';
  return maintenance.href;
};

/** Copies the files as they are while the primary works; a file that goes away meanwhile is replayed from the log of writes. */
const copyFiles = async (from: string, to: string, user: SystemUser | undefined, cwd: string): Promise<void> => {
  const { status, stderr } = await run('cp', ['-a', from, to], { ...user, cwd });
  const unexpected = stderr.split('\n').filter((line) => line !== '' && !line.includes('No such file or directory'));
  if (status !== 0 && unexpected.length > 0) throw new Error(`cp: ${unexpected.join('; ')}`);
};

/** A base backup over SQL: the binaries from npm have no pg_basebackup. */
const copyCluster = async (primary: RunningServer, home: string, user: SystemUser | undefined): Promise<void> => {
  const source = await realpath(primary.dataDir);
  const { cluster, password } = clusterPaths(home);
  const draft = `${cluster}.draft`;
  await rm(draft, { recursive: true, force: true });
  const client = new pg.Client({ connectionString: maintenanceUrl(primary.url) });
  await client.connect();
  const written: string[] = [];
  const write = async (name: string, content: string): Promise<void> => {
    await writeFile(join(draft, name), content, { mode: 0o600 });
    written.push(name);
  };
  try {
    await client.query(`select pg_backup_start('replica', true)`);
    await copyFiles(clusterPaths(source).cluster, draft, user, home);
    const { rows } = await client.query<{ labelfile: string }>('select labelfile from pg_backup_stop(false)');
    for (const name of ['postmaster.pid', 'postmaster.opts']) await rm(join(draft, name), { force: true });
    await write('backup_label', rows[0]?.labelfile ?? '');
    await write('standby.signal', '');
  } finally {
    await client.end();
  }
  await copyFile(clusterPaths(source).password, password);
  if (user)
    for (const path of [password, ...written.map((name) => join(draft, name))]) await chown(path, user.uid, user.gid);
  const renamed = await run('mv', [draft, cluster], { ...user, cwd: home });
  if (renamed.status !== 0) throw new Error(renamed.stderr.trim());
};

/** Tells it whom to follow, anew at each start: the primary may have another port by now. */
const follow = async (home: string, primary: RunningServer): Promise<void> => {
  const { username, password } = new URL(primary.url);
  const connection = `host=127.0.0.1 port=${primary.port} user=${username} password=${password} application_name=replica`;
  const file = join(clusterPaths(home).cluster, 'postgresql.auto.conf');
  const others = (await readFile(file, 'utf8')).split('\n').filter((line) => !line.startsWith('primary_conninfo'));
  await writeFile(file, `${others.join('\n').trimEnd()}\nprimary_conninfo = '${connection}'\n`);
};

/**
 * Starts a copy of a Postgres that `startPostgres` has started, which follows it by streaming replication and answers queries (hot standby).
 * Made from the primary as it is now when `dataDir` is empty.
 *
 * @throws {ServersError} as `startPostgres`
 */
export const startPostgresReplica = async (
  primary: RunningServer,
  options: Omit<PostgresOptions, 'database'>,
): Promise<RunningServer> => {
  const { dataDir } = options;
  const user = await postgresUser(clusterPaths(dataDir).cluster);
  const home = await preparePostgresHome(dataDir, user);
  const binaries = await findPostgres(user, await clusterVersion(await realpath(primary.dataDir)));
  if ((await clusterVersion(home)) === undefined) {
    try {
      await copyCluster(primary, home, user);
    } catch (error) {
      throw new ServersError('START_FAILED', `Postgres could not be copied: ${messageOf(error)}`, { cause: error });
    }
  }
  await follow(home, primary);
  const database = new URL(primary.url).pathname.slice(1);
  return withFreePort(options.port, freePort, (port) =>
    startPostgresOn({ binaries, user, home, isReplica: true }, port, { ...options, database }),
  );
};
