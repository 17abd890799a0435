import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createDiskStore, createFirebaseStore, type DiskStore, type ObjectStore } from '@kuraxx/files';
import { type Config, ConfigError, type Lifecycle, type ServiceAccount } from '@kuraxx/runtime';
import { z } from 'zod';

/** The file that Google gives for a service account. */
const accountFile = z.object({ project_id: z.string(), client_email: z.string(), private_key: z.string() });

type Parts = Exclude<ServiceAccount, { path: string }>;

const readAccount = async (path: string): Promise<Parts> => {
  try {
    const file = accountFile.parse(JSON.parse(await readFile(path, 'utf8')));
    return { projectId: file.project_id, clientEmail: file.client_email, privateKey: file.private_key };
  } catch (cause) {
    throw new ConfigError('FIREBASE_SERVICE_ACCOUNT_PATH: is no file of a service account', { cause });
  }
};

/**
 * Opens the bucket that the configuration names, else the local disk (then `disk` is the same store).
 *
 * @throws {ConfigError} when the service account can't be read
 */
export const openStore = async (
  { files, jwt }: Pick<Config, 'files' | 'jwt'>,
  life: Lifecycle,
): Promise<{ readonly store: ObjectStore; readonly disk: DiskStore | undefined }> => {
  const { firebase, folder, baseUrl } = files;
  if (firebase === undefined) {
    const disk = await createDiskStore({ folder, secret: jwt.secret, baseUrl });
    return { store: disk, disk };
  }
  const account = 'path' in firebase.account ? await readAccount(firebase.account.path) : firebase.account;
  const { bucket } = firebase;
  const store = await life.open(
    'file store',
    () => createFirebaseStore({ ...account, bucket, spoolDir: join(folder, 'tmp') }),
    (open) => open.close(),
  );
  return { store, disk: undefined };
};
