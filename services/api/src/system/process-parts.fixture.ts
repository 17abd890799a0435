import { createCommands } from '@kuraxx/commands';
import { createCheckpointWatch, openEventLog } from '@kuraxx/event-store';
import { createFileLinks } from '@kuraxx/file-links';
import { createDiskStore, createSpool } from '@kuraxx/files';
import { openReadModel, type ReadModel } from '@kuraxx/read-model';
import { connect } from 'nats';
import { pino } from 'pino';
import type { Api } from '../api.ts';
import { createIntake } from '../uploads/intake.ts';
import type { System } from './system.fixture.ts';

const mb = 1024 * 1024;

export type Parts = Pick<Api, 'commands' | 'uploads' | 'logger'> & {
  readonly readModel: ReadModel;
  close(): Promise<void>;
};

/** What an api process has, without HTTP, in the test's own process: one more api of the system. */
export const openParts = async ({ urls, url }: Pick<System, 'urls' | 'url'>): Promise<Parts> => {
  const secret = 'a secret that nothing here depends on';
  const nats = await connect({ servers: urls.nats });
  const log = await openEventLog({ nats, source: 'kuraxx/test' });
  const checkpoints = createCheckpointWatch(nats);
  const readModel = await openReadModel({ databaseUrl: urls.database, serving: () => checkpoints.serving() });
  const logger = pino({ level: 'silent' });
  const commands = await createCommands({
    nats,
    log,
    checkpoints,
    logger,
    findMessages: (ids) => readModel.queries.findMessages(ids),
    findRoomsOf: (userIds) => readModel.queries.roomsOf(userIds),
    config: { jwtSecret: secret, accessExpiryMs: 1, refreshExpiryMs: 1, bcryptRounds: 4 },
  });
  const disk = await createDiskStore({ folder: urls.files, secret, baseUrl: url });
  const spool = await createSpool(disk.spoolDir);
  const { links } = createFileLinks(secret, url);
  const intake = createIntake({ files: commands.files, store: disk, spool, logger });
  const limits = { maxFileBytes: 50 * mb, maxImageBytes: 10 * mb };
  return {
    commands,
    readModel,
    logger,
    uploads: { store: disk, disk, spool, intake, links, limits },
    close: async (): Promise<void> => {
      await commands.close();
      checkpoints.close();
      await readModel.close();
      await log.close();
      await nats.close();
    },
  };
};
