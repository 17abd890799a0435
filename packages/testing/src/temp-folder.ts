import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An empty folder for one test, and how to remove it. Other users may enter it: run by root, Postgres is another user. */
export type TempFolder = { readonly path: string; remove(): Promise<void> };

/** Makes an empty folder in the system's place for such. */
export const tempFolder = async (name: string): Promise<TempFolder> => {
  const path = await mkdtemp(join(tmpdir(), `kuraxx-${name}-`));
  await chmod(path, 0o755);
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 3 }) };
};
