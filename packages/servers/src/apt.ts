import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Binary, findOnPath, isExecutable } from './binary.ts';
import { messageOf } from './errors.ts';
import type { FindOptions } from './find-nats.ts';
import { withFolderLock } from './folder-lock.ts';
import { defaultServersDir, ensureFolder } from './folders.ts';
import { run } from './run.ts';

type Wanted = FindOptions & {
  /** Path of the executable inside the package, without the leading slash. */
  readonly binary: string;
  readonly packages: readonly string[];
};
/** Why it could not be had; continues the sentence "… and". */
type Refused = { readonly reason: string };

const commandTimeoutMs = 180_000;

/** Lists and caches of our own: needs no root, changes nothing on the machine, works where the system's lists are empty. */
const privateState = async (folder: string): Promise<string[]> => {
  await mkdir(join(folder, 'lists', 'partial'), { recursive: true });
  await mkdir(join(folder, 'cache', 'archives', 'partial'), { recursive: true });
  const settings = [
    `Dir::State=${folder}`,
    `Dir::State::lists=${join(folder, 'lists')}`,
    'Dir::State::status=/var/lib/dpkg/status',
    `Dir::Cache=${join(folder, 'cache')}`,
    'APT::Sandbox::User=root', // run by root, apt drops to a user of its own, who cannot write to our folder
    'Acquire::Retries=2',
    'Acquire::http::Timeout=20',
  ];
  return settings.flatMap((setting) => ['-o', setting]);
};

/** Downloads with the lists that are there; without success once more after an update of lists of our own. */
const downloader = (folder: string, { log = () => {}, signal }: Wanted) => {
  let state: string[] | undefined;
  const download = (packages: readonly string[], options: readonly string[]) =>
    run('apt-get', ['-q', '-o', 'APT::Sandbox::User=root', ...options, 'download', ...packages], {
      cwd: folder,
      timeoutMs: commandTimeoutMs,
      signal,
    });
  return async (packages: readonly string[]): Promise<string | undefined> => {
    log(`downloading ${packages.join(', ')}`);
    const first = await download(packages, state ?? []);
    if (first.status === 0) return undefined;
    if (state === undefined) {
      log('updating the package lists');
      state = await privateState(join(folder, 'apt'));
      // A single source that is away makes this fail, though the others are fine: the download decides
      await run('apt-get', ['-q', ...state, 'update'], { timeoutMs: commandTimeoutMs, signal });
    }
    const second = await download(packages, state);
    return second.status === 0 ? undefined : (second.stderr.trim().split('\n').at(-1) ?? 'unknown reason');
  };
};

const unpack = async (folder: string, root: string): Promise<string[]> => {
  const archives = (await readdir(folder)).filter((name) => name.endsWith('.deb')).map((name) => join(folder, name));
  const needed: string[] = [];
  for (const archive of archives) {
    const { status, stderr } = await run('dpkg-deb', ['-x', archive, root]);
    if (status !== 0) throw new Error(`dpkg-deb could not unpack ${archive}: ${stderr.trim()}`);
    const { stdout } = await run('dpkg-deb', ['-f', archive, 'Depends']);
    // "liba (>= 1), libb | libc": the first of each alternative
    needed.push(...stdout.split(',').map((entry) => entry.trim().split(/[\s|:(]/, 1)[0] ?? ''));
    await rm(archive);
  }
  return needed.filter((name) => name.startsWith('lib') && name !== 'libc6');
};

/** Every folder below usr/lib and lib that holds shared libraries. */
const libraryFolders = async (root: string): Promise<string[]> => {
  const found = new Set<string>();
  for (const top of ['usr/lib', 'lib']) {
    const entries = await readdir(join(root, top), { recursive: true, withFileTypes: true }).catch(() => []); // not in these packages
    for (const entry of entries) if (/\.so(\.|$)/.test(entry.name)) found.add(entry.parentPath);
  }
  return [...found];
};

const environment = async (root: string): Promise<Record<string, string>> => {
  const folders = await libraryFolders(root);
  return folders.length === 0 ? {} : { LD_LIBRARY_PATH: folders.join(':') };
};

/** @returns the shared libraries that the executable still lacks */
const missingLibraries = async (path: string, root: string): Promise<string[]> => {
  const { stdout } = await run('ldd', [path], { env: { ...process.env, ...(await environment(root)) } });
  return [...stdout.matchAll(/^\s*(\S+) => not found$/gm)].map((match) => match[1] ?? '');
};

const fetchInto = async (draft: string, wanted: Wanted): Promise<Refused | undefined> => {
  const { binary, packages } = wanted;
  const root = join(draft, 'root');
  await mkdir(root, { recursive: true });
  const download = downloader(draft, wanted);
  const refused = await download(packages);
  if (refused !== undefined) return { reason: `apt-get could not download ${packages.join(' ')} (${refused})` };
  const had = new Set(packages);
  const needed = await unpack(draft, root);
  for (;;) {
    const missing = await missingLibraries(join(root, binary), root);
    if (missing.length === 0) break;
    const left = [...new Set(needed)].filter((name) => !had.has(name));
    // liblzf.so.1 is in liblzf1: take the packages that look like what is missing, and only else all of them
    const stems = missing.map((library) => library.split('.so', 1)[0] ?? library);
    const alike = left.filter((name) => stems.some((stem) => name.startsWith(stem)));
    const next = alike.length > 0 ? alike : left;
    if (next.length === 0) return { reason: `the package's ${binary} lacks ${missing.join(', ')}` };
    for (const name of next) {
      had.add(name);
      await download([name]); // whether it was needed and had shows at the next ldd
    }
    needed.push(...(await unpack(draft, root)));
  }
  await rm(join(draft, 'apt'), { recursive: true, force: true });
  return undefined;
};

/**
 * An executable from the distribution's packages, unpacked into the servers folder: no root, nothing installed, no daemon.
 * The first call downloads (seconds), later ones find it.
 */
export const aptBinary = async (wanted: Wanted): Promise<Binary | Refused> => {
  const serversDir = wanted.serversDir ?? defaultServersDir();
  const home = join(serversDir, wanted.packages[0] ?? 'server');
  const root = join(home, 'root');
  const path = join(root, wanted.binary);
  if (await isExecutable(path)) return { path, env: await environment(root) };
  for (const tool of ['apt-get', 'dpkg-deb', 'ldd']) {
    if ((await findOnPath(tool)) === undefined) return { reason: `there is no ${tool} to fetch it with` };
  }
  await ensureFolder(serversDir);
  try {
    return await withFolderLock(`${home}.lock`, commandTimeoutMs, async () => {
      if (await isExecutable(path)) return { path, env: await environment(root) };
      const draft = `${home}.draft`;
      await rm(draft, { recursive: true, force: true });
      const refused = await fetchInto(draft, wanted);
      if (refused !== undefined) return refused;
      await rm(home, { recursive: true, force: true });
      await rename(draft, home);
      return { path, env: await environment(root) };
    });
  } catch (error) {
    return { reason: `its package could not be unpacked into ${serversDir} (${messageOf(error)})` };
  }
};
