import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultServersDir, withFolderLock } from '@kuraxx/servers';
import { build } from 'vite';
import { pageFolder } from './index.ts';

// Builds the page when what it is made of has changed since the last time: `npm start` and the tests of the page run this program.
// Half a second when there is nothing to do, three when there is.

const home = join(import.meta.dirname, '..');
const sources = [
  join(home, 'ui'),
  join(home, 'index.html'),
  join(home, 'vite.config.ts'),
  join(home, 'package.json'),
  join(home, '../client/src'),
];
const stampFile = join(pageFolder, '.made-of');
const lockTimeoutMs = 60_000;

const filesOf = async (path: string): Promise<string[]> => {
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) return [path]; // a file
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
};

const stampOfSources = async (): Promise<string> => {
  const hash = createHash('sha256');
  for (const path of (await Promise.all(sources.map(filesOf))).flat()) {
    if (path.endsWith('.test.ts')) continue;
    hash.update(path).update(await readFile(path));
  }
  return hash.digest('hex');
};

const isFresh = async (stamp: string): Promise<boolean> =>
  (await readFile(stampFile, 'utf8').catch(() => '')) === stamp;

const stamp = await stampOfSources();
if (!(await isFresh(stamp))) {
  await mkdir(defaultServersDir(), { recursive: true });
  await withFolderLock(join(defaultServersDir(), 'page.lock'), lockTimeoutMs, async () => {
    if (await isFresh(stamp)) return; // somebody else was faster
    const draft = `${pageFolder}.draft`;
    await build({ configFile: join(home, 'vite.config.ts'), logLevel: 'warn', build: { outDir: draft } });
    await writeFile(join(draft, '.made-of'), stamp);
    await rm(pageFolder, { recursive: true, force: true });
    await rename(draft, pageFolder);
  });
}
