import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../..', import.meta.url));
const modules = join(root, 'node_modules');
const tsc = join(modules, '.bin/tsc');

/** @throws with what the command said */
const say = async (command: string, args: readonly string[], cwd: string): Promise<string> => {
  try {
    return (await run(command, args, { cwd })).stdout;
  } catch (error) {
    const { stdout, stderr } = z.object({ stdout: z.string(), stderr: z.string() }).parse(error);
    throw new Error(`${command} ${args.join(' ')}: ${stdout}\n${stderr}`, { cause: error });
  }
};

const link = async (folder: string, name: string): Promise<void> => {
  const target = join(folder, 'node_modules', name);
  await mkdir(dirname(target), { recursive: true });
  await symlink(join(modules, name), target, 'dir');
};

/** @returns the tarball, as a registry would hand it out */
const pack = async (folder: string, into: string): Promise<string> => {
  const said = await say('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', into, folder], into);
  const tarball = /"filename": "([^"]+)"/.exec(said)?.[1];
  if (tarball === undefined) throw new Error(`npm pack named no file: ${said}`);
  return join(into, tarball);
};

/** Builds one of our packages apart from the others, and packs it. `needs` are what it is built with. */
const buildAndPack = async (name: string, work: string, needs: (folder: string) => Promise<void>): Promise<string> => {
  const folder = join(work, 'build', name);
  await cp(join(root, 'packages', name), folder, {
    recursive: true,
    filter: (path) => !/\/(dist|node_modules)(\/|$)/.test(path.slice(root.length)),
  });
  await needs(folder);
  await say(tsc, ['-p', 'tsconfig.build.json'], folder);
  return pack(folder, work);
};

/** An application of somebody who has nothing of ours but what they have installed. */
export type Outside = {
  /** Its folder. */
  readonly folder: string;
  /** Compiles files of it to `out`. @throws {Error} with what the compiler said */
  compile(...files: string[]): Promise<void>;
  remove(): Promise<void>;
};

const libraries = ['zod', '@ts-rest/core', '@msgpack/msgpack'];

/**
 * Packs the client and the contracts that its types come from, and installs them in an empty folder. What they need of others comes as tarballs as
 * well: no network is needed, and npm checks all the same that each is of the version that is asked for.
 */
export const installClient = async (): Promise<Outside> => {
  const work = await mkdtemp(join(tmpdir(), 'kuraxx-outside-'));
  const folder = join(work, 'app');
  await mkdir(folder);
  await mkdir(join(work, 'build'));
  await cp(join(root, 'tsconfig.base.json'), join(work, 'tsconfig.base.json'));
  const contracts = await buildAndPack('contracts', work, async (built) => {
    for (const name of ['zod', '@ts-rest/core', '@types/node']) await link(built, name);
  });
  const client = await buildAndPack('client', work, async (built) => {
    for (const name of [...libraries, '@types/node']) await link(built, name);
    const target = join(built, 'node_modules/@kuraxx/contracts');
    await mkdir(target, { recursive: true });
    await say('tar', ['-xzf', contracts, '-C', target, '--strip-components=1'], work);
  });
  const others = await Promise.all(libraries.map((name) => pack(join(modules, name), work)));
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'outside', private: true, type: 'module' }));
  const quietly = ['--offline', '--no-audit', '--no-fund', '--ignore-scripts'];
  await say('npm', ['install', ...quietly, client, contracts, ...others], folder);
  return {
    folder,
    async compile(...files) {
      const options = {
        strict: true,
        module: 'nodenext',
        target: 'es2024',
        lib: ['es2024', 'dom'],
        types: [],
        outDir: 'out',
      };
      // ts-rest's own declarations name types of zod 3: as every bundler's template does, libraries are not checked.
      const compilerOptions = { ...options, skipLibCheck: true };
      await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
      await say(tsc, ['-p', '.'], folder);
    },
    remove: () => rm(work, { recursive: true, force: true }),
  };
};
