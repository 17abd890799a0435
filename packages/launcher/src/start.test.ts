import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultServersDir, freePort, writePidFile } from '@kuraxx/servers';
import { afterEach, beforeEach, expect, test } from 'vitest';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'kuraxx-start-'));
  await chmod(dataDir, 0o755);
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

/** Runs `npm start`'s program to its end. */
const start = async (env: NodeJS.ProcessEnv) => {
  const folders = { KURAXX_DATA_DIR: dataDir, KURAXX_SERVERS_DIR: defaultServersDir() };
  const ports = { PORT: String(await freePort()), WS_PORT: String(await freePort()) };
  return new Promise<{ code: unknown; stderr: string }>((resolve) => {
    execFile(
      process.execPath,
      ['--conditions=source', join(import.meta.dirname, 'start.ts')],
      { env: { ...process.env, ...folders, ...ports, ...env }, timeout: 30_000 },
      (error, _stdout, stderr) => resolve({ code: error?.code ?? 0, stderr: stderr.trim() }),
    );
  });
};

test('a taken port is one clear message', async () => {
  const port = await freePort();
  const other = createServer().listen(port, '127.0.0.1');
  try {
    expect(await start({ PORT: String(port) })).toEqual({
      code: 1,
      stderr: `Port ${port} for the API is taken. Stop what listens there, or set PORT to another port.`,
    });
  } finally {
    other.close();
  }
});

test('one port for both is one clear message', async () => {
  const port = String(await freePort());
  expect(await start({ PORT: port, WS_PORT: port })).toEqual({
    code: 1,
    stderr: `Port ${port} can't be both the API's and the WebSocket gateway's. Set PORT or WS_PORT to another one.`,
  });
});

test('a second start on the same data folder is one clear message', async () => {
  await writePidFile(join(dataDir, 'lock'), process.pid);
  const { code, stderr } = await start({});
  expect(code).toBe(1);
  expect(stderr).toMatch(/^KuraXX already runs on .* Stop it first, or set KURAXX_DATA_DIR to another folder.*$/);
});

test('a damaged data folder is one clear message that names it', async () => {
  await writeFile(join(dataDir, 'postgres'), 'not a folder');
  const { code, stderr } = await start({});
  expect(code).toBe(1);
  expect(stderr).toBe(`Cannot use the Postgres folder ${join(dataDir, 'postgres')}: it is not a folder.`);
});

test('a bad variable is named, without a stack', async () => {
  const { code, stderr } = await start({ PORT: 'http' });
  expect(code).toBe(1);
  expect(stderr).toContain('PORT');
  expect(stderr).not.toContain('    at ');
});
