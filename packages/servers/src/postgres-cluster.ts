import { randomBytes } from 'node:crypto';
import { chown, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, ServersError } from './errors.ts';
import type { PostgresBinaries } from './find-postgres.ts';
import type { SystemUser } from './postgres-user.ts';
import { isAlive } from './process-identity.ts';
import { run } from './run.ts';

/** The paths inside a Postgres folder. The cluster is one level down: its own mode is 700, and the rest is ours. */
export const clusterPaths = (folder: string) => ({
  cluster: join(folder, 'cluster'),
  password: join(folder, 'password'),
  pidFile: join(folder, 'postgres.pid'),
});

const damaged = (folder: string, reason: string): ServersError =>
  new ServersError(
    'DATA_UNUSABLE',
    `The Postgres data in ${folder} is damaged: ${reason}. Restore the folder from a backup, or move it away: the read models are rebuilt from the log.`,
  );

/** @returns the major version of the data, `undefined` when there is none yet. @throws {ServersError} DATA_UNUSABLE */
export const clusterVersion = async (folder: string): Promise<number | undefined> => {
  const { cluster } = clusterPaths(folder);
  const version = await readFile(join(cluster, 'PG_VERSION'), 'utf8').catch(() => undefined); // judged below
  const major = Number.parseInt(version ?? '', 10);
  if (major > 0) return major;
  const entries = await readdir(cluster).catch(() => []); // no cluster yet
  if (entries.length > 0) throw damaged(folder, 'it has files, but no valid PG_VERSION');
  return undefined;
};

/** Makes an empty cluster with a random password for its only user, `kuraxx`. An unfinished one never looks finished. */
export const initCluster = async (
  folder: string,
  { bin, major }: PostgresBinaries,
  user: SystemUser | undefined,
): Promise<void> => {
  const { cluster, password } = clusterPaths(folder);
  const draft = `${cluster}.draft`;
  await rm(draft, { recursive: true, force: true });
  await writeFile(password, randomBytes(24).toString('base64url'), { mode: 0o600 });
  if (user) await chown(password, user.uid, user.gid);
  // The same order and case rules everywhere: 17 brings its own, before that glibc's
  const locale =
    major >= 17 ? ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'] : ['--locale=C.UTF-8'];
  const { status, stdout, stderr } = await run(
    join(bin, 'initdb'),
    ['-D', draft, '-U', 'kuraxx', '-A', 'scram-sha-256', `--pwfile=${password}`, '-E', 'UTF8', '--no-sync', ...locale],
    { ...user, cwd: folder },
  );
  if (status !== 0) {
    throw new ServersError(
      'START_FAILED',
      `initdb could not make a database in ${folder}: ${stderr.trim() || stdout.trim()}`,
    );
  }
  // Renamed by its owner: the folder may be a link to a place of that user's
  const renamed = await run(
    'mv',
    ['-T', draft, cluster].filter((arg) => arg !== '-T' || process.platform === 'linux'),
    {
      ...user,
      cwd: folder,
    },
  );
  if (renamed.status !== 0) throw new ServersError('DATA_UNUSABLE', `Cannot use ${cluster}: ${renamed.stderr.trim()}`);
};

/** @throws {ServersError} DATA_UNUSABLE when it isn't there: the cluster can't be entered without it */
export const readPassword = async (folder: string): Promise<string> => {
  const { password } = clusterPaths(folder);
  try {
    return (await readFile(password, 'utf8')).trim();
  } catch (error) {
    throw damaged(folder, `its password file cannot be read (${messageOf(error)})`);
  }
};

/**
 * After kill -9 a lock file stays behind. Postgres removes it itself unless its process id was given to somebody else meanwhile
 * (usual in containers, where ids start again), so that is checked here.
 *
 * @throws {ServersError} DATA_UNUSABLE when another Postgres really runs on this cluster
 */
export const clearStaleLock = async (folder: string): Promise<void> => {
  const { cluster } = clusterPaths(folder);
  const lock = join(cluster, 'postmaster.pid');
  const text = await readFile(lock, 'utf8').catch(() => undefined); // stopped well
  if (text === undefined) return;
  const pid = Number.parseInt(text, 10);
  if (pid > 0 && isAlive(pid) && (await commandOf(pid)).includes('postgres')) {
    throw new ServersError('DATA_UNUSABLE', `Another Postgres (pid ${pid}) already runs on ${cluster}. Stop it first.`);
  }
  await rm(lock, { force: true });
};

const commandOf = async (pid: number): Promise<string> => {
  if (process.platform === 'linux') return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''); // ended meanwhile
  return (await run('ps', ['-o', 'command=', '-p', String(pid)])).stdout;
};

/** Turns Postgres's last lines into the reason why it did not start. */
export const explainPostgres =
  (folder: string) =>
  (output: readonly string[]): ServersError => {
    const fatal = output.find((line) => /\b(PANIC|FATAL):/.test(line)) ?? output.at(-1) ?? 'it printed nothing';
    const reason = fatal.replace(/^.*?\b(PANIC|FATAL):\s*/, '');
    if (output.some((line) => /Address already in use/.test(line))) {
      return new ServersError('PORT_TAKEN', `Postgres could not listen: ${reason}`);
    }
    return damaged(folder, reason);
  };
