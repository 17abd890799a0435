import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, describe, expect, test } from 'vitest';
import { freePort } from './free-port.ts';
import { startNats } from './nats.ts';
import { startPostgres } from './postgres.ts';
import { isAlive } from './process-identity.ts';
import { startRedis } from './redis.ts';
import type { RunningServer } from './running-server.ts';
import { firstAnswer } from './tcp.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});
const folder = async (): Promise<string> => {
  const path = await mkdtemp(join(tmpdir(), 'kuraxx-servers-'));
  cleanups.push(() => rm(path, { recursive: true, force: true }));
  await chmod(path, 0o755); // as an ordinary clone is; Postgres runs as another user when we are root
  return path;
};
const stopping = (server: RunningServer): RunningServer => {
  cleanups.push(() => server.stop());
  return server;
};
const query = async (url: string, text: string): Promise<unknown[]> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
};

describe.each([
  ['nats', startNats],
  ['postgres', startPostgres],
  ['redis', startRedis],
])('%s', (name, start) => {
  test('starts on a free port, comes back after kill -9, and leaves nothing when stopped', async () => {
    const dataDir = join(await folder(), name);
    const server = stopping(await start({ dataDir }));
    const deaths: unknown[] = [];
    server.onDeath((exit) => deaths.push(exit));
    const { pid: first, port } = server;
    await server.kill();
    expect(server.pid).toBeUndefined();
    await expect.poll(() => deaths).toEqual([{ code: null, signal: 'SIGKILL' }]);
    await server.restart();
    expect(server.port).toBe(port);
    expect(server.pid).not.toBe(first);
    const second = server.pid ?? 0;
    await server.stop();
    await server.stop();
    expect(isAlive(second)).toBe(false);
    expect(deaths).toHaveLength(1);
  });

  test('a second start on the same data takes over from a leftover process', async () => {
    const dataDir = join(await folder(), name);
    const leftover = stopping(await start({ dataDir }));
    const next = stopping(await start({ dataDir }));
    await expect.poll(() => leftover.pid).toBeUndefined(); // its exit is told a moment after it has gone
    expect(next.pid).toBeDefined();
  });

  test('a taken port is named', async () => {
    const port = await freePort();
    const other = createServer().listen(port, '127.0.0.1');
    cleanups.push(async () => other.close());
    await expect(start({ dataDir: join(await folder(), name), port })).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      message: expect.stringContaining(String(port)),
    });
  });

  test('a data folder that is a file is named', async () => {
    const dataDir = join(await folder(), name);
    await writeFile(dataDir, 'not a folder');
    await expect(start({ dataDir })).rejects.toMatchObject({
      code: 'DATA_UNUSABLE',
      message: expect.stringContaining(dataDir),
    });
  });
});

test('Postgres keeps its data and its password over starts', async () => {
  const dataDir = join(await folder(), 'postgres');
  const first = stopping(await startPostgres({ dataDir, database: 'chat' }));
  await query(first.url, 'create table kept as select 42 as answer');
  await first.stop();
  const second = stopping(await startPostgres({ dataDir, database: 'chat' }));
  expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
});

test('Postgres without the password is not entered', async () => {
  const server = stopping(await startPostgres({ dataDir: join(await folder(), 'postgres') }));
  await expect(query(`postgres://kuraxx:wrong@127.0.0.1:${server.port}/kuraxx`, 'select 1')).rejects.toThrow(
    /password/,
  );
});

test('Postgres starts although a stale lock file names a living process of another kind', async () => {
  const dataDir = join(await folder(), 'postgres');
  const server = stopping(await startPostgres({ dataDir }));
  await server.stop();
  await writeFile(join(dataDir, 'cluster/postmaster.pid'), `${process.pid}\n${dataDir}/cluster\n`);
  await server.restart();
  expect(server.pid).toBeDefined();
});

test('damaged Postgres data is named, with what to do', async () => {
  const dataDir = join(await folder(), 'postgres');
  const server = stopping(await startPostgres({ dataDir }));
  await server.stop();
  await writeFile(join(dataDir, 'cluster/global/pg_control'), 'rubbish');
  await expect(server.restart()).rejects.toMatchObject({
    code: 'DATA_UNUSABLE',
    message: expect.stringContaining(`The Postgres data in ${dataDir} is damaged`),
  });
  await rm(join(dataDir, 'cluster/PG_VERSION'));
  await expect(startPostgres({ dataDir })).rejects.toMatchObject({ code: 'DATA_UNUSABLE' });
});

test('NATS greets with JetStream and its limits', async () => {
  const server = stopping(await startNats({ dataDir: join(await folder(), 'nats') }));
  const info = await firstAnswer(server.port);
  expect(info).toContain('"jetstream":true');
  expect(info).toContain('"max_payload":1048576');
});

test('NATS refuses to come up without a stream that it had', async () => {
  const dataDir = join(await folder(), 'nats');
  const stream = join(dataDir, 'jetstream/$G/streams/KEPT');
  await mkdir(stream, { recursive: true });
  await writeFile(join(stream, 'meta.inf'), 'rubbish');
  await writeFile(join(stream, 'meta.sum'), 'rubbish');
  await expect(startNats({ dataDir })).rejects.toMatchObject({
    code: 'DATA_UNUSABLE',
    message: expect.stringContaining(`The NATS data in ${dataDir} is damaged`),
  });
});

test.runIf(process.getuid?.() === 0)('root can keep Postgres in a folder that no other user may enter', async () => {
  const home = await folder();
  await chmod(home, 0o700);
  const dataDir = join(home, 'postgres');
  const first = stopping(await startPostgres({ dataDir }));
  await query(first.url, 'create table kept as select 42 as answer');
  await first.stop();
  const second = stopping(await startPostgres({ dataDir }));
  expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  await second.stop();
  await rm(await realpath(dataDir), { recursive: true });
  await expect(startPostgres({ dataDir })).rejects.toMatchObject({ code: 'DATA_UNUSABLE' });
});
