import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { guardDisk } from '../disk-errors.ts';
import type { ObjectStore } from '../object-store.ts';
import { createStorageUrls, type StorageUrls } from './storage-url.ts';

export type DiskStoreOptions = {
  /** Made when it is not there. All api processes need the same one. */
  readonly folder: string;
  /** The system's own secret; keys of its own are derived from it. */
  readonly secret: string;
  /** Public address of the api, which serves this store. */
  readonly baseUrl: string;
};

/** What the api needs to serve the store. */
export type DiskStore = ObjectStore & {
  readonly urls: StorageUrls;
  /** Where the bytes of a key lie, whether they are there or not. @throws {TypeError} for what is no key of ours */
  pathOf(key: string): string;
};

const keyPattern = /^(?:files|thumbnails|incoming)\/[0-9a-f-]{36}\/[0-9a-f-]{36}$/;

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';

/** What is written has to survive a power cut before anybody is told that it is stored. */
const flush = async (path: string): Promise<void> => {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
};

/** Files under a folder. A file appears under its key by a rename: whole or not at all. */
export const createDiskStore = async ({ folder, secret, baseUrl }: DiskStoreOptions): Promise<DiskStore> => {
  const root = resolve(folder);
  const spoolDir = join(root, 'tmp'); // on the same disk, or a rename would be a copy
  await mkdir(spoolDir, { recursive: true });
  const urls = createStorageUrls(secret, baseUrl.replace(/\/+$/, ''));

  const pathOf = (key: string): string => {
    if (!keyPattern.test(key)) throw new TypeError('not a key of the store');
    return join(root, key);
  };
  const sizeOf = async (path: string): Promise<number | undefined> => {
    try {
      return (await stat(path)).size;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  };

  return {
    name: `local disk (${root})`,
    spoolDir,
    urls,
    pathOf,
    put: (key, path) =>
      guardDisk('store a file', async () => {
        const target = pathOf(key);
        await mkdir(dirname(target), { recursive: true });
        await flush(path);
        await rename(path, target);
        await flush(dirname(target));
      }),
    size: (key) => guardDisk('look for a file', () => sizeOf(pathOf(key))),
    read: (key, range) =>
      guardDisk('read a file', async () => {
        const path = pathOf(key);
        if ((await sizeOf(path)) === undefined) return undefined;
        return createReadStream(path, range ?? {});
      }),
    remove: (key) => guardDisk('delete a file', () => rm(pathOf(key), { force: true })),
    putUrl: async (key, { expiresAtMs, ...grant }) => urls.put(key, grant, expiresAtMs),
    getUrl: async (key, { expiresAtMs, ...grant }) => urls.get(key, grant, expiresAtMs),
  };
};
