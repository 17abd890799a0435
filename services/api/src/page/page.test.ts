import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorBody } from '@kuraxx/contracts';
import { type TempFolder, tempFolder } from '@kuraxx/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startApp } from '../http/app.fixture.ts';

let folder: TempFolder;
let app: Awaited<ReturnType<typeof startApp>> | undefined;
beforeEach(async () => {
  folder = await tempFolder('page');
});
afterEach(async () => {
  await app?.close();
  app = undefined;
  await folder.remove();
});

const build = async (): Promise<void> => {
  await mkdir(join(folder.path, 'assets'));
  await writeFile(join(folder.path, 'index.html'), '<meta name="kuraxx-ws-url" content="%WS_URL%">');
  await writeFile(join(folder.path, 'assets/main-1a2b.js'), 'export {};');
};
const get = async (path: string, headers: Record<string, string> = {}) => {
  app ??= await startApp({ page: { folder: folder.path } });
  const response = await fetch(app.url + path, { headers });
  return { status: response.status, headers: response.headers, text: await response.text() };
};

test('the page says where the gateway is, and its policy lets it go nowhere else', async () => {
  await build();
  const { status, headers, text } = await get('/');
  expect(status).toBe(200);
  expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(text).toContain('content="ws://127.0.0.1:3002"');
  const policy = headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("connect-src 'self' ws://127.0.0.1:3002;");
  expect(policy).not.toMatch(/unsafe|\*|upgrade/);
  expect(headers.get('cache-control')).toBe('no-store');
});

test('what it is made of may be kept for ever, and nothing beside it is served', async () => {
  await build();
  const asset = await get('/assets/main-1a2b.js');
  expect(asset.status).toBe(200);
  expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  for (const path of ['/assets/other.js', '/assets/', '/assets/..%2findex.html'])
    expect((await get(path)).status).toBe(404);
});

test('a gateway with an address of its own is named by that', async () => {
  await build();
  app = await startApp({ page: { folder: folder.path }, wsUrl: 'wss://live.example.org/socket' });
  const { headers, text } = await get('/');
  expect(text).toContain('content="wss://live.example.org/socket"');
  expect(headers.get('content-security-policy')).toContain("connect-src 'self' wss://live.example.org;");
});

test('without a built page it says so, as any other failure is said', async () => {
  const { status, text } = await get('/');
  expect(status).toBe(404);
  const { error } = errorBody.parse(JSON.parse(text));
  expect(error).toMatchObject({ code: 'RESOURCE_NOT_FOUND', message: expect.stringContaining('npm run build') });
});
