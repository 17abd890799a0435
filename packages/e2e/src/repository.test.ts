import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

const lockfile = z.object({ packages: z.record(z.string(), z.object({ resolved: z.string().optional() })) });

test('the lock file names no download address', () => {
  const { packages } = lockfile.parse(JSON.parse(read('package-lock.json')));
  const addresses = Object.values(packages).flatMap(({ resolved }) => (resolved?.includes('://') ? [resolved] : []));
  expect(addresses).toEqual([]);
});

const manifest = z.object({
  dependencies: z.record(z.string(), z.string()).optional(),
  devDependencies: z.record(z.string(), z.string()).optional(),
});

test('all versions are pinned exactly', () => {
  const lock = lockfile.parse(JSON.parse(read('package-lock.json')));
  const folders = Object.keys(lock.packages).filter((path) => /^(packages|services)\/[^/]+$/.test(path));
  for (const folder of ['.', ...folders]) {
    const { dependencies = {}, devDependencies = {} } = manifest.parse(JSON.parse(read(`${folder}/package.json`)));
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
      expect(version, `${folder}: ${name}`).toMatch(/^(npm:.+@)?\d+\.\d+\.\d+(-[\w.]+)?$/);
    }
  }
});

test('CI runs the command that the README names', () => {
  expect(read('.ci/run')).toMatch(/^exec npm test$/m);
  expect(read('README.md')).toContain('npm test');
});
