import { announceCheckpoint } from '@kuraxx/event-store';
import { migrateReadModel, openReadModel } from '@kuraxx/read-model';
import {
  createLogger,
  lifecycle,
  openLog,
  openOperations,
  openTracing,
  readModelCheck,
  readServiceConfig,
} from '@kuraxx/runtime';
import { watchPresence } from '@kuraxx/signals';
import { lagCheck } from './checks.ts';
import { createLags, measureBatches, showProjections } from './metrics.ts';
import { createPresenceWriter } from './presence-writer.ts';
import { createProjector } from './projector.ts';

/** Room enough for the deletion of a room with very many messages. */
const statementTimeoutMs = 60_000;

const config = readServiceConfig('projector', process.env);
const logger = createLogger('projector', config);
const life = lifecycle(logger, config);
const operations = await openOperations(config, life, logger);
const tracing = await openTracing('projector', config, life, logger);
const { databaseUrl } = config;

const { nats, log } = await openLog('projector', config, { life, operations, logger });
const readModel = await life.open(
  'read model',
  () => openReadModel({ databaseUrl, statementTimeoutMs }),
  (opened) => opened.close(),
);
const projector = await life.open(
  'projector',
  () =>
    createProjector(
      {
        log,
        readModel,
        migrate: () => migrateReadModel(databaseUrl),
        observe: measureBatches(operations.registry),
        tracing,
        announce: (partition, announcement) => announceCheckpoint(nats, partition, announcement),
        logger,
      },
      (error) => {
        logger.fatal({ err: error }, 'the projector can not go on');
        void life.shutDown('projector failed', 1);
      },
    ),
  (opened) => opened.stop(),
);
const statuses = () => projector.statuses();
const serving = () => readModel.serving();
const lags = createLags(log, statuses);
showProjections(operations.registry, { lags, statuses, serving });
operations.check(readModelCheck(serving, true)); // without Postgres there is nothing to project into
operations.check(lagCheck(lags));
await life.open(
  'presence',
  () => {
    const writer = createPresenceWriter(
      readModel.presence,
      { isOnline: (userId) => watch.isOnline(userId), online: () => watch.online() },
      logger,
    );
    const now = () => new Date().toISOString();
    const watch = watchPresence(nats, {
      onOnline: ({ userId }) => writer.note({ userId, isOnline: true, lastSeenAt: null, at: now() }),
      onOffline: ({ userId }, lastSeenAt) => writer.note({ userId, isOnline: false, lastSeenAt, at: now() }),
    });
    return { watch, writer };
  },
  async ({ watch, writer }) => {
    watch.close();
    await writer.stop();
  },
);
await projector.settled;
operations.started();
logger.info('ready');
