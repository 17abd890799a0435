import { existsSync, globSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
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

const root = new URL('../../..', import.meta.url);
const pages = globSync(['*.md', 'docs/**/*.md', '{packages,services}/*/README.md'], { cwd: root });

/** As Git hosts name headings. */
const anchorsOf = (page: string): string[] =>
  [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );

test.each(pages)('what %s links to is there', (page) => {
  const links = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  const broken = links.filter((link) => {
    const [path = '', anchor] = link.split('#');
    if (link.startsWith('http')) return false;
    const target = path === '' ? page : posix.join(posix.dirname(page), path);
    if (!existsSync(new URL(target, root))) return true;
    return anchor !== undefined && !anchorsOf(target).includes(anchor);
  });
  expect(broken).toEqual([]);
});

test('the list of decisions has each of them, by its title', () => {
  const list = read('docs/adr/README.md');
  for (const file of globSync('docs/adr/[0-9]*.md', { cwd: root })) {
    const [, number, title = ''] = /^# (\d+)\. (.+)$/m.exec(read(file)) ?? [];
    const listed = new RegExp(`^\\| \\[${number}\\]\\(${posix.basename(file)}\\) \\| ([^|]+) \\|`, 'm').exec(list)?.[1];
    expect(title, file).toContain(listed);
  }
});
