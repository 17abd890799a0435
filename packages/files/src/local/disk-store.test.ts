import { readdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Refusal } from '@kuraxx/domain';
import { eventually, type TempFolder, tempFolder } from '@kuraxx/testing';
import express, { type ErrorRequestHandler } from 'express';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keysOf } from '../object-store.ts';
import { createSpool } from '../spool.ts';
import { storeContract } from '../store.contract.fixture.ts';
import { diskRoutes } from './disk-routes.ts';
import { createDiskStore, type DiskStore } from './disk-store.ts';

let folder: TempFolder;
let server: Server;
let store: DiskStore;
let baseUrl = '';
let isAwaited = true;

const answerErrors: ErrorRequestHandler = (error, _request, response, next) => {
  if (response.headersSent) return next(error);
  response.status(error instanceof Refusal ? 400 : 500).end();
};

beforeAll(async () => {
  folder = await tempFolder('disk-store');
  const app = express();
  server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  baseUrl = `http://127.0.0.1:${address.port}`;
  store = await createDiskStore({ folder: folder.path, secret: 's'.repeat(32), baseUrl: `${baseUrl}/` });
  const spool = await createSpool(store.spoolDir);
  app.use(diskRoutes({ disk: store, spool, isAwaited: async () => isAwaited }), answerErrors);
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await folder.remove();
});

storeContract('a disk store', () => store);

const ids = { userId: '11111111-1111-4111-8111-111111111111', fileId: '22222222-2222-4222-8222-222222222222' };
const grant = () => ({ contentType: 'text/plain', size: 1_000_000, expiresAtMs: Date.now() + 60_000 });

test('a cut-off PUT leaves nothing', async () => {
  const { incoming } = keysOf(ids);
  const url = new URL(await store.putUrl(incoming, grant()));
  const head = `PUT ${url.pathname}${url.search} HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 1000000\r\n\r\n`;
  for (const bytes of [0, 1, 300_000]) {
    const socket = connect(Number(url.port), '127.0.0.1');
    socket.write(head + 'x'.repeat(bytes), () => setImmediate(() => socket.destroy()));
    await new Promise((resolve) => socket.on('close', resolve));
  }
  await eventually(async () => expect(await readdir(store.spoolDir)).toEqual([]));
  expect(await store.size(incoming)).toBeUndefined();
});

test('a file that is no longer awaited is not taken', async () => {
  const url = await store.putUrl(keysOf(ids).incoming, { ...grant(), size: 5 });
  isAwaited = false;
  const answer = await fetch(url, { method: 'PUT', body: 'hello', headers: { 'content-type': 'text/plain' } });
  isAwaited = true;
  expect(answer.ok).toBe(false);
  expect(await store.size(keysOf(ids).incoming)).toBeUndefined();
});

test.each(['../../etc/passwd', 'files/a/b', 'other/x/y', ''])('%j is no key of the store', async (key) => {
  expect(() => store.pathOf(key)).toThrow(TypeError);
});

test('a page that somebody smuggled in is never run', async () => {
  const { original } = keysOf(ids);
  const path = join(store.spoolDir, 'page');
  await writeFile(path, '<script>alert(1)</script>');
  await store.put(original, path, 'text/plain');
  const disposition = 'attachment; filename="a.txt"';
  const got = await fetch(
    await store.getUrl(original, { contentType: 'text/plain', disposition, expiresAtMs: Date.now() + 60_000 }),
  );
  expect(got.headers.get('x-content-type-options')).toBe('nosniff');
  expect(got.headers.get('content-security-policy')).toBe("default-src 'none'; sandbox");
  expect(got.headers.get('cache-control')).toContain('private');
});
