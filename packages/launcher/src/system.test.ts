import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runFileSchema } from '@kuraxx/runtime';
import { freePort, writePidFile } from '@kuraxx/servers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type System, type SystemOptions, startSystem } from './system.ts';

const service = join(import.meta.dirname, 'service.fixture.ts');
const programs = {
  projector: service,
  bridge: service,
  api: join(import.meta.dirname, 'api.fixture.ts'),
  gateway: join(import.meta.dirname, 'gateway.fixture.ts'),
};
/** Servers that nobody asks here: the launcher's own work is tested, servers have their tests elsewhere. */
const elsewhere = { NATS_URL: 'nats://x:1', DATABASE_URL: 'postgres://x:1/x', REDIS_URL: 'redis://x:1' };

let dataDir: string;
let systems: System[];
let lines: string[];
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'kuraxx-launcher-'));
  await chmod(dataDir, 0o755);
  systems = [];
  lines = [];
});
afterEach(async () => {
  for (const system of systems) await system.stop();
  await rm(dataDir, { recursive: true, force: true });
});

const start = async (options: Partial<SystemOptions> = {}): Promise<System> => {
  const report = (line: string): void => void lines.push(line);
  const system = await startSystem({ dataDir, programs, report, ...options, env: { ...elsewhere, ...options.env } });
  systems.push(system);
  return system;
};
const runFile = async () => runFileSchema.parse(JSON.parse(await readFile(join(dataDir, 'run.json'), 'utf8')));
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test('one process alone may be given an environment of its own', async () => {
  const envOf = (name: string) => (name === 'api-2' ? { FAKE_SAYS: 'hello from api-2' } : {});
  await start({ counts: { api: 2 }, envOf });
  const said = async (name: string) => await readFile(join(dataDir, 'logs', `${name}.log`), 'utf8');
  expect(await said('api-2')).toContain('hello from api-2');
  expect(await said('api')).not.toContain('hello');
});

test('several processes of a service have names and ports of their own, and run.json tells all of them', async () => {
  const system = await start({ counts: { api: 2, gateway: 2 } });
  expect(new Set([...system.apiUrls, ...system.wsUrls]).size).toBe(4);
  for (const url of system.apiUrls) expect((await fetch(`${url}/health`)).status).toBe(200);
  const names = ['api', 'api-2', 'bridge', 'gateway', 'gateway-2', 'projector'];
  expect(Object.keys(system.processes()).toSorted()).toEqual(names);
  expect(await runFile()).toEqual({
    apiUrl: system.apiUrls[0],
    wsUrl: system.wsUrls[0],
    natsUrl: 'nats://x:1',
    databaseUrl: 'postgres://x:1/x',
    redisUrl: 'redis://x:1',
    processes: system.processes(),
    operations: system.operations,
  });
  expect(Object.keys(system.operations).toSorted()).toEqual(names);
  expect(new Set(Object.values(system.operations)).size).toBe(names.length);
});

test('gateways that share a port start behind the first, which looks whether somebody is there, and come back to the others', async () => {
  const system = await start({ counts: { gateway: 3 }, sharesWsPort: true });
  expect(new Set(system.wsUrls).size).toBe(1);
  expect(Object.keys(system.processes())).toEqual(expect.arrayContaining(['gateway', 'gateway-2', 'gateway-3']));
  const sharing = () => lines.filter((line) => /^gateway.*sharing/.test(line));
  expect(sharing()[0]).toBe('gateway: sharing first');
  expect(sharing().toSorted()).toEqual([
    'gateway-2: sharing join',
    'gateway-3: sharing join',
    'gateway: sharing first',
  ]);
  await system.kill('gateway');
  await expect.poll(sharing, { timeout: 10_000 }).toContain('gateway: sharing join');
  for (let count = 0; count < 10; count++)
    expect((await fetch(`${system.wsUrl.replace('ws:', 'http:')}/health`)).status).toBe(200);
});

test('what is killed comes back on its port, and run.json follows', async () => {
  const system = await start();
  const before = (await runFile()).processes['api'];
  await system.kill('api');
  await expect.poll(async () => (await runFile()).processes['api'] ?? before, { timeout: 10_000 }).not.toBe(before);
  expect((await fetch(`${system.apiUrl}/health`)).status).toBe(200);
  expect(lines).toContain('api has died; next start in 250 ms');
});

test('our own servers are looked after like services', async () => {
  const system = await start({ env: { REDIS_URL: '' } });
  const { redis: first } = (await runFile()).processes;
  await system.kill('redis');
  await expect.poll(async () => (await runFile()).processes['redis'] ?? first, { timeout: 10_000 }).not.toBe(first);
  expect((await runFile()).redisUrl).toBe(system.redisUrl);
});

test('a stop ends every process, and takes run.json and the lock away', async () => {
  const system = await start({ env: { REDIS_URL: '' } });
  const pids = Object.values(system.processes());
  expect(pids).toHaveLength(5);
  await Promise.all([system.stop(), system.stop()]);
  expect(pids.filter(isAlive)).toEqual([]);
  const left = await readdir(dataDir);
  expect(left).not.toContain('run.json');
  expect(left).not.toContain('lock');
});

test('a second system on the same data folder is refused', async () => {
  // The lock holds against other processes: the test's parent plays one
  await writePidFile(join(dataDir, 'lock'), process.ppid);
  await expect(start()).rejects.toThrow(`KuraXX already runs on ${dataDir} (process ${process.ppid})`);
});

test('a lock whose process is gone counts for nothing', async () => {
  await writeFile(join(dataDir, 'lock'), `${process.ppid} started-long-ago\n`);
  await start();
});

test.each(['0.0.0.0', '127.0.0.1', '::'])('a port that is taken on %s is told before anything starts', async (host) => {
  const port = await freePort();
  const other = createServer().listen(port, host);
  try {
    await expect(start({ ports: { api: await freePort(), ws: port } })).rejects.toThrow(
      `Port ${port} for the WebSocket gateway is taken. Stop what listens there, or set WS_PORT`,
    );
    expect(lines).toEqual([]);
  } finally {
    other.close();
  }
});

test('a data folder that is a file is told', async () => {
  const file = join(dataDir, 'file');
  await writeFile(file, '');
  await expect(start({ dataDir: file })).rejects.toThrow(`The data folder ${file} can't be used`);
});

test('secrets in files reach servers and services, and a file that is not there is told', async () => {
  const file = (name: string): string => join(dataDir, name);
  await writeFile(file('database'), 'postgres://kept:secret@x:1/x\n');
  await writeFile(file('redis'), 'redis://:kept@x:1\n');
  await writeFile(file('jwt'), `${'y'.repeat(40)}\n`);
  const env = {
    DATABASE_URL: '',
    DATABASE_URL_FILE: file('database'),
    REDIS_URL: '',
    REDIS_URL_FILE: file('redis'),
    JWT_SECRET_FILE: file('jwt'),
  };
  const configured = { ...programs, projector: join(import.meta.dirname, 'configured.fixture.ts') };
  const system = await start({ env, programs: configured });
  expect(system.databaseUrl).toBe('postgres://kept:secret@x:1/x');
  expect(system.redisUrl).toBe('redis://:kept@x:1');
  expect(Object.keys(system.processes()).toSorted()).toEqual(['api', 'bridge', 'gateway', 'projector']); // no servers of ours
  expect(await readFile(join(dataDir, 'logs', 'projector.log'), 'utf8')).toContain(
    `the database is ${system.databaseUrl}`,
  );
  expect(await readdir(dataDir)).not.toContain('jwt-secret');
  await system.stop();
  await expect(start({ env: { JWT_SECRET_FILE: file('none') } })).rejects.toThrow(/JWT_SECRET_FILE: .*no such file/);
});

test('a service that does not start ends the start, with its last lines, and leaves nothing', async () => {
  await expect(start({ env: { FAKE_FAILS: '1' } })).rejects.toThrow(
    /projector ended while it started[\s\S]*out of order/,
  );
  expect(await readdir(dataDir)).not.toContain('run.json');
  await start(); // the lock is free again
});

test('a start can be given up', async () => {
  const giveUp = new AbortController();
  const starting = start({ signal: giveUp.signal, env: { REDIS_URL: '' } });
  giveUp.abort();
  await expect(starting).rejects.toThrow('stopped');
});

test('logs are filed by service at the wanted level, warnings are told, and the last start has its own', async () => {
  const first = await start({ env: { LOG_LEVEL: 'warn' } });
  await first.stop();
  expect(lines).toContain('api: a warning');
  const file = join(dataDir, 'logs', 'api.log');
  expect(await readFile(file, 'utf8')).toBe('{"level":40,"msg":"a warning"}\n');
  const second = await start();
  await second.stop();
  expect(await readFile(file, 'utf8')).toMatch(/ready[\s\S]*stopped/);
  expect(await readFile(`${file}.1`, 'utf8')).toBe('{"level":40,"msg":"a warning"}\n');
});

test('the secret for tokens is made once, and production has to bring its own', async () => {
  await (await start()).stop();
  const secret = await readFile(join(dataDir, 'jwt-secret'), 'utf8');
  expect(secret.trim().length).toBeGreaterThanOrEqual(32);
  await (await start()).stop();
  expect(await readFile(join(dataDir, 'jwt-secret'), 'utf8')).toBe(secret);
  await rm(join(dataDir, 'jwt-secret'));
  await (await start({ env: { NODE_ENV: 'production' } })).stop();
  expect(await readdir(dataDir)).not.toContain('jwt-secret');
});
