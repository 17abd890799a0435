import type { Commands } from '@kuraxx/commands';
import { createFileLinks, type Outgoing } from '@kuraxx/file-links';
import { createSpool } from '@kuraxx/files';
import type { Config, Lifecycle, Logger } from '@kuraxx/runtime';
import type { Uploads } from '../api.ts';
import { createIntake } from './intake.ts';
import { openStore } from './open-store.ts';

/** Opens the store of files and what is around it. @throws {ConfigError} */
export const openUploads = async (
  config: Pick<Config, 'files' | 'jwt' | 'nodeEnv'>,
  { files }: Pick<Commands, 'files'>,
  life: Lifecycle,
  logger: Logger,
): Promise<Uploads & { readonly outgoing: Outgoing }> => {
  const { baseUrl, isBaseUrlSet, limits } = config.files;
  const { store, disk } = await openStore(config, life);
  const spool = await createSpool(store.spoolDir);
  await spool.sweep();
  logger.info({ store: store.name }, 'files are kept');
  if (config.nodeEnv === 'production') {
    if (disk !== undefined) logger.warn('files lie on the local disk: all api processes need to share that folder');
    if (!isBaseUrlSet) logger.warn({ baseUrl }, 'API_BASE_URL is not set: links to files work on this machine alone');
  }
  const { links, outgoing } = createFileLinks(config.jwt.secret, baseUrl, config.jwt.previousSecret);
  const intake = createIntake({ files, store, spool, logger });
  return { store, disk, spool, intake, links, limits, outgoing };
};
