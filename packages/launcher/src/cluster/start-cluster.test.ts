import { chmod, readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { runFileSchema } from '@kuraxx/runtime';
import { freePort, writePidFile } from '@kuraxx/servers';
import { tempFolder } from '@kuraxx/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Cluster, startCluster } from './start-cluster.ts';

const startTimeoutMs = 180_000;
const service = join(import.meta.dirname, '..', 'service.fixture.ts');
const programs = {
  projector: service,
  bridge: service,
  api: join(import.meta.dirname, '..', 'api.fixture.ts'),
  gateway: join(import.meta.dirname, '..', 'gateway.fixture.ts'),
};

let folder: Awaited<ReturnType<typeof tempFolder>>;
let cluster: Cluster | undefined;
let lines: string[];
beforeEach(async () => {
  folder = await tempFolder('start-cluster');
  await chmod(folder.path, 0o755);
  lines = [];
});
afterEach(async () => {
  await cluster?.stop();
  await folder.remove();
}, startTimeoutMs);

const start = async (ports?: { api: number; ws: number }): Promise<Cluster> => {
  const { signal } = new AbortController();
  const given = ports === undefined ? {} : { ports };
  const report = (line: string): void => void lines.push(line);
  cluster = await startCluster({ dataDir: folder.path, partitions: 2, programs, report, signal, ...given });
  return cluster;
};

test('a second cluster on the same data folder is refused before anything of it starts', async () => {
  await writePidFile(join(folder.path, 'lock'), process.ppid);
  await expect(start()).rejects.toThrow(`KuraXX already runs on ${folder.path} (process ${process.ppid})`);
  expect(lines).toEqual([]);
  expect((await readdir(folder.path)).toSorted()).toEqual(['lock', 'logs']);
});

test('a taken port is told before anything starts', async () => {
  const port = await freePort();
  const other = createServer().listen(port, '127.0.0.1');
  try {
    await expect(start({ api: port, ws: await freePort() })).rejects.toThrow(`Port ${port} for the API is taken.`);
    expect(lines).toEqual([]);
    expect(await readdir(folder.path)).toEqual(['logs']);
  } finally {
    other.close();
  }
});

test('run.json names the servers with the services, also after a death, and each has its log', {
  timeout: startTimeoutMs,
}, async () => {
  const started = await start();
  const runFile = async () => runFileSchema.parse(JSON.parse(await readFile(join(folder.path, 'run.json'), 'utf8')));
  const servers = ['nats-1', 'nats-2', 'nats-3', 'postgres', 'postgres-replica', 'redis'];
  const before = await runFile();
  expect(before.nats?.user).toBe('cli');
  expect(Object.keys(before.processes)).toEqual(expect.arrayContaining([...servers, 'api-2', 'bridge-2']));
  for (const name of servers) {
    expect((await readFile(join(folder.path, 'logs', `${name}.log`), 'utf8')).length, name).toBeGreaterThan(0);
  }
  await started.kill('nats-2');
  const first = before.processes['nats-2'];
  await expect.poll(async () => (await runFile()).processes['nats-2'] ?? first, { timeout: 30_000 }).not.toBe(first);
});
