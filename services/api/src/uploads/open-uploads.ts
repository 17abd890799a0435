import type { Commands } from '@kuraxx/commands';
import { createFileLinks, type Outgoing } from '@kuraxx/file-links';
import { createDiskStore, createSpool } from '@kuraxx/files';
import type { Config, Logger } from '@kuraxx/runtime';
import type { Uploads } from '../api.ts';
import { createIntake } from './intake.ts';

/** Opens the store of files and what is around it. */
export const openUploads = async (
  config: Pick<Config, 'files' | 'jwt' | 'nodeEnv'>,
  { files }: Pick<Commands, 'files'>,
  logger: Logger,
): Promise<Uploads & { readonly outgoing: Outgoing }> => {
  const { baseUrl, isBaseUrlSet, folder, limits } = config.files;
  const { secret } = config.jwt;
  const disk = await createDiskStore({ folder, secret, baseUrl });
  const spool = await createSpool(disk.spoolDir);
  await spool.sweep();
  if (config.nodeEnv === 'production') {
    logger.warn('files lie on the local disk: every api process needs the same folder; set FIREBASE_* for the cloud');
    if (!isBaseUrlSet) logger.warn({ baseUrl }, 'API_BASE_URL is not set: links to files work on this machine alone');
  }
  logger.info({ store: disk.name }, 'files are kept');
  const { links, outgoing } = createFileLinks(secret, baseUrl);
  const intake = createIntake({ files, store: disk, spool, logger });
  return { store: disk, disk, spool, intake, links, limits, outgoing };
};
