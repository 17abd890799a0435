import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { Command } from 'commander';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cli } from './cli.fixture.ts';
import { commands, groups } from './commands/index.ts';
import { exitCodes } from './frame/exit-codes.ts';
import { createProgram } from './program.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kuraxx-cli-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Nobody listens there. */
const nobody = { NATS_URL: 'nats://127.0.0.1:9', DATABASE_URL: 'postgresql://u:secret@127.0.0.1:9/x' };

test('the help teaches: every group, every exit code, where the system is found', async () => {
  const { code, stdout } = await cli({}, '--help');
  expect(code).toBe(0);
  for (const { name } of groups) expect(stdout).toContain(name);
  for (const exit of Object.values(exitCodes)) expect(stdout).toContain(exit.means);
  expect(stdout).toContain('run.json');
});

/** The words of every command that does something. */
const pathsOf = (command: Command, path: readonly string[] = []): string[][] =>
  command.commands.length === 0 ? [[...path]] : command.commands.flatMap((one) => pathsOf(one, [...path, one.name()]));

test('every command says what it does and how it is called, and takes --json', async () => {
  const silent = new PassThrough().resume();
  const io = { env: {}, cwd: '/', stdout: silent, stderr: silent, isTerminal: false, signal: AbortSignal.abort() };
  const paths = pathsOf(createProgram(io, () => undefined));
  expect(paths).toHaveLength(groups.flatMap((group) => group.commands).length + commands.length);
  for (const path of paths) {
    const { code, stdout } = await cli({}, ...path, '--help');
    expect(code, path.join(' ')).toBe(0);
    expect(stdout, path.join(' ')).toContain(`Usage: kuraxx ${path.join(' ')}`);
    expect(stdout, path.join(' ')).toContain('--json');
    expect(stdout.length, path.join(' ')).toBeGreaterThan(400);
  }
});

test.each([
  [['events', 'shw'], "unknown command 'shw'"],
  [['events', 'tail', '--lst', '3'], "unknown option '--lst'"],
  [['events', 'tail', '--last', 'many'], 'last'],
  [['nothing'], "unknown command 'nothing'"],
])('a wrong command line ends with 2 and says what is wrong: %j', async (args, says) => {
  const { code, stdout, stderr } = await cli(nobody, ...args);
  expect({ code, stdout }).toEqual({ code: exitCodes.usage.code, stdout: '' });
  expect(stderr).toContain(says);
});

test('without a system it says where one would be looked for', async () => {
  const { code, stderr } = await cli({ KURAXX_DATA_DIR: folder }, 'streams', 'status');
  expect(code).toBe(exitCodes.usage.code);
  expect(stderr).toContain('NATS_URL');
});

test('a server that is away ends with 4, in time, and no password is shown', async () => {
  const { code, stderr } = await cli({ ...nobody, NATS_URL: 'nats://me:secret@127.0.0.1:9' }, 'streams', 'status');
  expect(code).toBe(exitCodes.unavailable.code);
  expect(stderr).toContain("NATS doesn't answer at nats://me:***@127.0.0.1:9");
  expect(stderr).not.toContain('secret');
});

test('a run.json of a system that runs is used, one that was left behind is not', async () => {
  const dataDir = join(folder, 'data');
  await mkdir(dataDir);
  const run = (pid: number) => ({
    apiUrl: 'http://127.0.0.1:9',
    wsUrl: 'ws://127.0.0.1:9',
    natsUrl: 'nats://127.0.0.1:11',
    databaseUrl: nobody.DATABASE_URL,
    redisUrl: 'redis://127.0.0.1:9',
    processes: { api: pid },
  });
  const natsOf = async (...args: string[]) =>
    (await cli({ ...nobody, KURAXX_DATA_DIR: dataDir }, 'streams', 'status', ...args)).stderr;
  await writeFile(join(dataDir, 'run.json'), JSON.stringify(run(process.pid)));
  expect(await natsOf()).toContain('127.0.0.1:11');
  expect(await natsOf('--from-env')).toContain('127.0.0.1:9');
  await writeFile(join(dataDir, 'run.json'), JSON.stringify(run(2 ** 22 + 1)));
  expect(await natsOf()).toContain('127.0.0.1:9');
});

test('the doctor says what is wrong and what to do, with 3', async () => {
  const broken = await cli({ ...nobody, JWT_SECRET: 'short' }, 'doctor');
  expect(broken.code).toBe(exitCodes.unsound.code);
  expect(broken.stdout).toContain('JWT_SECRET');
  expect(broken.stdout).not.toContain('short"');
  const away = await cli(nobody, 'doctor', '--json');
  expect(away.code).toBe(exitCodes.unsound.code);
  expect(away.json()).toMatchObject({ healthy: false });
  expect(away.stdout).toContain('start NATS with JetStream');
  expect(away.stdout).toContain('start Postgres'); // though without the log nobody knows how far it is
});
