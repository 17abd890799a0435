import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { legacyUser } from './legacy.fixture.ts';

const run = promisify(execFile);
const packageRoot = fileURLToPath(new URL('..', import.meta.url));
const modules = join(packageRoot, '../../node_modules');
const tsc = join(modules, '.bin/tsc');

/** Compiles the empty project. @throws with what the compiler said */
const compile = async (): Promise<void> => {
  const failed = await run(tsc, ['-p', app]).then(
    () => undefined,
    (error: { stdout?: string }) => error,
  );
  if (failed !== undefined) throw new Error(`tsc: ${failed.stdout ?? ''}`, { cause: failed });
};
let work = '';
let app = '';

/** Links an installed dependency: the test must not need a network. */
const link = async (name: string): Promise<void> => {
  await mkdir(dirname(join(app, 'node_modules', name)), { recursive: true });
  await symlink(join(modules, name), join(app, 'node_modules', name), 'dir');
};

/** Builds, packs and unpacks this package as an installation from a registry would. */
const install = async (): Promise<void> => {
  const source = join(work, 'package');
  await mkdir(source);
  await run(tsc, ['-p', join(packageRoot, 'tsconfig.build.json'), '--outDir', join(source, 'dist')]);
  for (const file of ['package.json', 'README.md']) await cp(join(packageRoot, file), join(source, file));
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', work], { cwd: source });
  const tarball = /"filename": "([^"]+)"/.exec(stdout)?.[1];
  if (tarball === undefined) throw new Error(`npm pack named no file: ${stdout}`);
  const target = join(app, 'node_modules/@kuraxx/contracts');
  await mkdir(target, { recursive: true });
  await run('tar', ['-xzf', join(work, tarball), '-C', target, '--strip-components=1']);
};

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'kuraxx-contracts-'));
  app = join(work, 'app');
  await mkdir(app);
  for (const name of ['zod', '@ts-rest/core', '@types/node']) await link(name);
  await install();
  await writeFile(join(app, 'package.json'), JSON.stringify({ type: 'module' }));
  // ts-rest's own declarations name types of zod 3: as every bundler's template does, libraries are not checked.
  const options = { strict: true, module: 'nodenext', target: 'es2022', types: ['node'] };
  const compilerOptions = { ...options, skipLibCheck: true, outDir: 'out' };
  await writeFile(join(app, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
});

afterAll(() => rm(work, { recursive: true, force: true }));

/** Answers logins: right for one password, else with the error envelope. */
const loginServer = createServer((request, response) => {
  let sent = '';
  request.on('data', (chunk: Buffer) => {
    sent += chunk.toString();
  });
  request.on('end', () => {
    const right = request.url === '/auth/login' && sent.includes('correct horse battery staple');
    const tokens = { accessToken: 'a', refreshToken: 'r', expiresIn: 900_000 };
    const error = { code: 'AUTH_INVALID_CREDENTIALS', message: 'Invalid email or password' };
    response.writeHead(right ? 200 : 401, { 'content-type': 'application/json; charset=utf-8' });
    response.end(
      JSON.stringify(right ? { success: true, data: { user: legacyUser, ...tokens } } : { success: false, error }),
    );
  });
});

const listen = (): Promise<number> =>
  new Promise((resolve, reject) => {
    loginServer.once('error', reject);
    loginServer.listen(0, '127.0.0.1', () => {
      const address = loginServer.address();
      if (address === null || typeof address === 'string') reject(new Error('no port'));
      else resolve(address.port);
    });
  });

test('the snippet in the README compiles and runs against the packed package', async () => {
  const readme = await readFile(join(packageRoot, 'README.md'), 'utf8');
  const snippet = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  expect(snippet).toContain('initClient(apiContract');
  const port = await listen();
  try {
    const here = snippet.replace('http://localhost:3001', `http://127.0.0.1:${port}`);
    await writeFile(join(app, 'right.ts'), here);
    await writeFile(join(app, 'wrong.ts'), here.replace('correct horse', 'wrong horse'));
    await compile();
    expect((await run(process.execPath, [join(app, 'out/right.js')])).stdout).toBe('Mira\n');
    expect((await run(process.execPath, [join(app, 'out/wrong.js')])).stdout).toBe('AUTH_INVALID_CREDENTIALS\n');
  } finally {
    loginServer.close();
  }
});

test('a mistake in a call does not compile', async () => {
  const wrong = `import { apiContract } from '@kuraxx/contracts';
import { initClient } from '@ts-rest/core';
const client = initClient(apiContract, { baseUrl: '', baseHeaders: {} });
// @ts-expect-error a login needs a password
await client.auth.login({ body: { email: 'a' } });
const answer = await client.auth.me();
// @ts-expect-error only a success has data
answer.body.data;
`;
  await writeFile(join(app, 'mistakes.ts'), wrong);
  await compile();
});
