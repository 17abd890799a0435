import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { keysOf, type ObjectStore } from './object-store.ts';

const minuteMs = 60_000;

/** What every store promises. Its addresses are asked for over HTTP. */
export const storeContract = (name: string, openStore: () => ObjectStore): void => {
  describe(name, () => {
    const newKeys = () => keysOf({ userId: randomUUID(), fileId: randomUUID() });
    const put = async (key: string, content: string, contentType = 'text/plain'): Promise<void> => {
      const path = join(openStore().spoolDir, randomUUID());
      await writeFile(path, content);
      await openStore().put(key, path, contentType);
    };
    const read = async (key: string, range?: { start: number; end: number }): Promise<string | undefined> => {
      const stream = await openStore().read(key, range);
      return stream === undefined ? undefined : (await buffer(stream)).toString();
    };

    test('what was stored is read back, whole and in part', async () => {
      const { original } = newKeys();
      await put(original, 'hello world');
      expect(await openStore().size(original)).toBe(11);
      expect(await read(original)).toBe('hello world');
      expect(await read(original, { start: 6, end: 8 })).toBe('wor');
    });

    test('nothing is nothing, also to delete', async () => {
      const { original } = newKeys();
      expect(await openStore().size(original)).toBeUndefined();
      expect(await read(original)).toBeUndefined();
      await openStore().remove(original);
    });

    test('storing again replaces', async () => {
      const { original } = newKeys();
      await put(original, 'first');
      await put(original, 'second');
      expect(await read(original)).toBe('second');
    });

    test('what was deleted is gone, and only that', async () => {
      const [one, other] = [newKeys().original, newKeys().original];
      await put(one, 'one');
      await put(other, 'other');
      await openStore().remove(one);
      expect(await read(one)).toBeUndefined();
      expect(await read(other)).toBe('other');
    });

    const download = {
      contentType: 'image/png',
      disposition: `inline; filename="a b.png"; filename*=UTF-8''%C3%BC.png`,
    };
    test('an address for reading says what the file is, and takes ranges', async () => {
      const { original } = newKeys();
      await put(original, 'hello world', 'image/png');
      const url = await openStore().getUrl(original, { ...download, expiresAtMs: Date.now() + minuteMs });
      const whole = await fetch(url);
      expect(whole.status).toBe(200);
      expect(await whole.text()).toBe('hello world');
      expect(whole.headers.get('content-type')).toBe('image/png');
      expect(whole.headers.get('content-disposition')).toBe(download.disposition);
      const part = await fetch(url, { headers: { range: 'bytes=6-' } });
      expect([part.status, await part.text()]).toEqual([206, 'world']);
      expect((await fetch(url, { headers: { range: 'bytes=99-' } })).status).toBe(416);
    });

    test('an address for reading is for that file, in that form', async () => {
      const [one, other] = [newKeys().original, newKeys().original];
      await put(one, 'one');
      await put(other, 'other');
      const url = await openStore().getUrl(one, { ...download, expiresAtMs: Date.now() + minuteMs });
      const changed = [url.replace(one, other), url.replace('inline', 'attachment'), url.replace('png', 'html')];
      for (const wrong of changed) {
        expect(wrong).not.toBe(url);
        expect((await fetch(wrong)).ok).toBe(false);
      }
      expect((await fetch(url, { method: 'PUT', body: 'x' })).ok).toBe(false);
    });

    const send = (url: string, body: string, type = 'text/plain') =>
      fetch(url, { method: 'PUT', body, headers: { 'content-type': type } });

    test('an address for writing takes exactly what was announced', async () => {
      const { incoming } = newKeys();
      const grant = { contentType: 'text/plain', size: 5, expiresAtMs: Date.now() + minuteMs };
      const url = await openStore().putUrl(incoming, grant);
      expect((await send(url, 'hello world')).ok).toBe(false);
      expect((await send(url, 'hell')).ok).toBe(false);
      expect((await send(url, 'hello', 'text/html')).ok).toBe(false);
      expect((await send(url.replace(incoming, newKeys().incoming), 'hello')).ok).toBe(false);
      expect(await openStore().size(incoming)).toBeUndefined();
      expect((await send(url, 'hello')).ok).toBe(true);
      expect(await read(incoming)).toBe('hello');
    });

    test('an address ends', async () => {
      const { original, incoming } = newKeys();
      await put(original, 'hello');
      const expiresAtMs = Date.now() + 1_500;
      const get = await openStore().getUrl(original, { ...download, expiresAtMs });
      const write = await openStore().putUrl(incoming, { contentType: 'text/plain', size: 5, expiresAtMs });
      await expect.poll(async () => (await fetch(get)).ok, { timeout: 5_000 }).toBe(false);
      expect((await send(write, 'hello')).ok).toBe(false);
    });
  });
};
