import { stat } from 'node:fs/promises';
import { ServersError } from './errors.ts';
import { run } from './run.ts';

/** An unprivileged user to run Postgres as. */
export type SystemUser = { readonly uid: number; readonly gid: number };

const lookUp = async (name: string): Promise<SystemUser | undefined> => {
  const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
  return uid.status === 0 && gid.status === 0 ? { uid: Number(uid.stdout), gid: Number(gid.stdout) } : undefined;
};

/**
 * Postgres refuses to run as root. So when we are root: the owner of the data that is there, else `postgres`, else `nobody`.
 *
 * @returns `undefined` when we are not root and Postgres simply runs as we do
 * @throws {ServersError} NOT_PERMITTED when we are root and there is no such user
 */
export const postgresUser = async (cluster: string): Promise<SystemUser | undefined> => {
  if (process.getuid?.() !== 0) return undefined;
  const owner = await stat(cluster).catch(() => undefined); // no data yet
  if (owner !== undefined && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const user = (await lookUp('postgres')) ?? (await lookUp('nobody'));
  if (user !== undefined) return user;
  throw new ServersError(
    'NOT_PERMITTED',
    'Postgres does not run as root, and there is neither a user "postgres" nor "nobody" to run it as. Run this as an ordinary user, or set DATABASE_URL.',
  );
};

/** @returns whether the user reaches the path and may read, or write and enter, it. Asked of the system itself: modes alone don't tell. */
export const isUsableBy = async (
  user: SystemUser | undefined,
  path: string,
  test: '-r' | '-x' | '-w',
): Promise<boolean> => {
  const { status } = await run('/bin/sh', ['-c', `test ${test} "$1"`, 'sh', path], { ...user, cwd: '/' });
  return status === 0;
};
