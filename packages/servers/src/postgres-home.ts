import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  realpath,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf, ServersError, systemCode } from './errors.ts';
import { ensureFolder } from './folders.ts';
import { isUsableBy, type SystemUser } from './postgres-user.ts';

/** For root only: a place that every system user can reach, unlike a home with mode 700. */
export const sharedPlace = '/var/lib/kuraxx';

const isThere = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

/** Removes databases whose data folder has been deleted: nothing points to them any more. */
const removeOrphans = async (): Promise<void> => {
  for (const name of await readdir(sharedPlace)) {
    const home = join(sharedPlace, name);
    const link = await readFile(join(home, 'linked-from'), 'utf8').catch(() => undefined); // not a database of ours
    if (link === undefined) continue;
    const target = await readlink(link).catch(() => undefined); // the link is gone
    if (target !== home) await rm(home, { recursive: true, force: true });
  }
};

/** Puts the database where its user can reach it, and a link to it where it belongs. */
const moveOut = async (folder: string): Promise<void> => {
  await mkdir(sharedPlace, { recursive: true, mode: 0o755 });
  await removeOrphans();
  const home = await mkdtemp(join(sharedPlace, 'postgres-'));
  await chmod(home, 0o755);
  await rm(folder, { recursive: true, force: true });
  await symlink(home, folder);
  await writeFile(join(home, 'linked-from'), folder); // last: without it nobody takes the new home for an orphan
};

/**
 * Prepares the folder that holds the cluster, so that `user` can reach and own it. When root keeps the data below a folder that
 * no other user may enter (a clone in /root, say), the folder becomes a link into /var/lib/kuraxx.
 *
 * @returns the folder's real path
 * @throws {ServersError} DATA_UNUSABLE naming the folder
 */
export const preparePostgresHome = async (folder: string, user: SystemUser | undefined): Promise<string> => {
  await ensureFolder(dirname(folder));
  const unusable = (reason: string, cause?: unknown): ServersError =>
    new ServersError('DATA_UNUSABLE', `Cannot use the Postgres folder ${folder}: ${reason}`, { cause });
  try {
    if (!(await isThere(folder))) await mkdir(folder, { mode: 0o755 });
    if (!(await stat(folder)).isDirectory()) throw unusable('it is not a folder.');
    if (user === undefined) return folder;
    const hasData = await isThere(join(folder, 'cluster'));
    if (!hasData && !(await isUsableBy(user, await realpath(folder), '-x'))) await moveOut(folder);
    const home = await realpath(folder);
    await chown(home, user.uid, user.gid);
    if (await isUsableBy(user, home, '-w')) return home;
  } catch (error) {
    if (error instanceof ServersError) throw error;
    throw unusable(systemCode(error) === 'ENOENT' ? 'it is a link to a folder that is gone.' : messageOf(error), error);
  }
  throw unusable(
    'Postgres does not run as root, and the user it runs as cannot reach it. Set KURAXX_DATA_DIR to a folder that other users may enter, or run this as an ordinary user.',
  );
};
