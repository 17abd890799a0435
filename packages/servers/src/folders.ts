import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { messageOf, ServersError } from './errors.ts';

/** The repository's root: this file is packages/servers/{src,dist}/folders. */
export const repository = resolve(import.meta.dirname, '../../..');

/** Where everything is kept that `npm start` makes: KURAXX_DATA_DIR, else `.kuraxx` in the repository. */
export const defaultDataDir = (env: NodeJS.ProcessEnv = process.env): string =>
  env['KURAXX_DATA_DIR'] ? resolve(env['KURAXX_DATA_DIR']) : join(repository, '.kuraxx');

/** Where downloaded servers are kept, shared by tests and `npm start`: KURAXX_SERVERS_DIR, else `servers` in the data folder. */
export const defaultServersDir = (env: NodeJS.ProcessEnv = process.env): string =>
  env['KURAXX_SERVERS_DIR'] ? resolve(env['KURAXX_SERVERS_DIR']) : join(defaultDataDir(env), 'servers');

/** Makes the folder. @throws {ServersError} DATA_UNUSABLE, naming it */
export const ensureFolder = async (folder: string, mode = 0o755): Promise<void> => {
  try {
    await mkdir(folder, { recursive: true, mode });
  } catch (error) {
    throw new ServersError('DATA_UNUSABLE', `Cannot use the folder ${folder}: ${messageOf(error)}`, { cause: error });
  }
};
