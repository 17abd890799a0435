import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Unavailable } from '@kuraxx/event-store';
import { checkSignedUrl, createFakeGcs, type FakeGcs, type TempFolder, tempFolder } from '@kuraxx/testing';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { keysOf } from '../object-store.ts';
import { storeContract } from '../store.contract.fixture.ts';
import { createFirebaseStore } from './firebase-store.ts';

const bucket = 'kuraxx-test.firebasestorage.app';
let gcs: FakeGcs;
let folder: TempFolder;
let store: Awaited<ReturnType<typeof createFirebaseStore>>;

beforeAll(async () => {
  gcs = await createFakeGcs();
  folder = await tempFolder('firebase-store');
  vi.stubEnv('FIREBASE_STORAGE_EMULATOR_HOST', gcs.host);
  store = await createFirebaseStore({ ...gcs.account, bucket, spoolDir: folder.path });
});
afterAll(async () => {
  await store.close();
  await gcs.close();
  await folder.remove();
  vi.unstubAllEnvs();
});

storeContract('a Firebase store', () => store);

const ids = { userId: '11111111-1111-4111-8111-111111111111', fileId: '22222222-2222-4222-8222-222222222222' };

test('a file lies in the bucket with its type, and nothing makes it public', async () => {
  const { original } = keysOf(ids);
  const path = join(folder.path, 'file');
  await writeFile(path, 'hello');
  await store.put(original, path, 'image/png');
  expect(gcs.objects.get(`${bucket}/${original}`)).toMatchObject({ contentType: 'image/png' });
  expect((await fetch(`http://${gcs.host}/${bucket}/${original}`)).ok).toBe(false);
});

test('addresses of one moment are the same, so that browsers find what they have', async () => {
  const download = { contentType: 'image/png', disposition: 'inline', expiresAtMs: Date.now() + 600_000 };
  const { original } = keysOf(ids);
  expect(await store.getUrl(original, download)).toBe(await store.getUrl(original, download));
});

test('a cloud that is away is told as such, and works again when it is back', async () => {
  gcs.fail();
  vi.useFakeTimers({ toFake: ['setTimeout'], shouldAdvanceTime: true, advanceTimeDelta: 1000 }); // the library pauses between its retries
  await expect(store.size(keysOf(ids).original)).rejects.toThrow(Unavailable);
  vi.useRealTimers();
  gcs.recover();
  expect(await store.size(keysOf(ids).original)).toBe(5);
});

test('without an emulator addresses are those of the real service, signed without asking anybody', async () => {
  vi.stubEnv('FIREBASE_STORAGE_EMULATOR_HOST', undefined);
  vi.stubEnv('STORAGE_EMULATOR_HOST', undefined);
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const account = { ...gcs.account, privateKey: pem, bucket, spoolDir: folder.path };
  const offline = await createFirebaseStore(account);
  const expiresAtMs = Date.now() + 900_000;
  const { incoming } = keysOf(ids);
  const url = new URL(await offline.putUrl(incoming, { contentType: 'text/plain', size: 5, expiresAtMs }));
  await offline.close();
  expect(url.origin + url.pathname).toBe(`https://storage.googleapis.com/${bucket}/${incoming}`);
  expect(url.searchParams.get('X-Goog-SignedHeaders')).toBe('content-length;content-type;host');
  const headers = { 'content-type': 'text/plain', 'content-length': '5' };
  const check = (change: object) =>
    checkSignedUrl({ method: 'PUT', url, headers, ...change }, createPublicKey(privateKey), Date.now());
  expect(check({})).toBeUndefined();
  expect(check({ headers: { ...headers, 'content-length': '6' } })).toBe('the signature does not fit');
  expect(check({ method: 'GET' })).toBe('the signature does not fit');
});
