import { randomUUID } from 'node:crypto';
import { Unavailable } from '@kuraxx/event-store';
import type { ObjectStore } from '../object-store.ts';

export type FirebaseStoreOptions = {
  readonly projectId: string;
  /** The bucket's name, without `gs://`. Nothing in it needs to be public. */
  readonly bucket: string;
  readonly clientEmail: string;
  /** PEM. */
  readonly privateKey: string;
  /** Where files are put together before they are sent. */
  readonly spoolDir: string;
};

/** Asking, deleting, signing. */
const callTimeoutMs = 15_000;
/** Sending a file of the largest size over a slow line. */
const transferTimeoutMs = 120_000;
/** Addresses of one file are the same for so long: browsers find what they have cached. */
const sameForMs = 5 * 60_000;

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 404;

/** Whatever the cloud says, apart from "not there", is nothing that a client could mend. */
const guard = async <T>(doing: string, timeoutMs: number, work: () => Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([work(), late]);
  } catch (error) {
    if (isMissing(error)) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new Unavailable(`${doing} in the cloud: ${why}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
};

/** `undefined` for what is not there. */
const unlessMissing = async <T>(work: Promise<T>): Promise<T | undefined> => {
  try {
    return await work;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
};

/** A bucket of Firebase Cloud Storage. Addresses are signed here, without asking anybody (version 4). */
export const createFirebaseStore = async (
  options: FirebaseStoreOptions,
): Promise<ObjectStore & { close(): Promise<void> }> => {
  // 100 ms and 40 MB, for those who use it
  const [{ cert, deleteApp, initializeApp }, { getStorage }] = await Promise.all([
    import('firebase-admin/app'),
    import('firebase-admin/storage'),
  ]);
  const { projectId, clientEmail, privateKey, spoolDir } = options;
  const credential = cert({ projectId, clientEmail, privateKey });
  const app = initializeApp({ credential, storageBucket: options.bucket }, `kuraxx ${randomUUID()}`);
  const bucket = getStorage(app).bucket();

  return {
    name: `Firebase Cloud Storage (${options.bucket})`,
    spoolDir,
    put: async (key, path, contentType) => {
      // not resumable: that is two more requests, and a cut-off one leaves nothing
      const upload = { destination: key, resumable: false, metadata: { contentType } };
      await guard('store a file', transferTimeoutMs, () => bucket.upload(path, upload));
    },
    size: async (key) => {
      const found = await unlessMissing(guard('look for a file', callTimeoutMs, () => bucket.file(key).getMetadata()));
      return found === undefined ? undefined : Number(found[0].size);
    },
    read: async (key, range) => {
      const found = await unlessMissing(guard('read a file', callTimeoutMs, () => bucket.file(key).getMetadata()));
      return found === undefined ? undefined : bucket.file(key).createReadStream({ ...range });
    },
    remove: async (key) => {
      await unlessMissing(guard('delete a file', callTimeoutMs, () => bucket.file(key).delete()));
    },
    putUrl: (key, { contentType, size, expiresAtMs }) =>
      guard('sign an address', callTimeoutMs, async () => {
        const [url] = await bucket.file(key).getSignedUrl({
          version: 'v4',
          action: 'write',
          expires: expiresAtMs,
          contentType,
          // Every client sends this header by itself; `x-goog-content-length-range` clients of the old system don't know
          extensionHeaders: { 'content-length': String(size) },
        });
        return url;
      }),
    getUrl: (key, { contentType, disposition, expiresAtMs }) =>
      guard('sign an address', callTimeoutMs, async () => {
        const [url] = await bucket.file(key).getSignedUrl({
          version: 'v4',
          action: 'read',
          accessibleAt: Math.floor(Date.now() / sameForMs) * sameForMs,
          expires: expiresAtMs,
          responseType: contentType,
          responseDisposition: disposition,
        });
        return url;
      }),
    close: () => deleteApp(app),
  };
};
