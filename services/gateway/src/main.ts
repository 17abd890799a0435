import { createCommands } from '@kuraxx/commands';
import { createCheckpointWatch } from '@kuraxx/event-store';
import { openReadModel } from '@kuraxx/read-model';
import { createLogger, lifecycle, openLog, readConfig } from '@kuraxx/runtime';
import { createGateway } from './gateway.ts';

const config = readConfig(process.env);
const logger = createLogger('gateway', config);
const life = lifecycle(logger);

const { nats, log } = await openLog('gateway', config, life, logger);
const checkpoints = await life.open(
  'checkpoints',
  () => createCheckpointWatch(nats),
  (watch) => watch.close(),
);
const readModel = await life.open(
  'read model',
  () => openReadModel({ databaseUrl: config.databaseUrl, serving: () => checkpoints.serving() }),
  (part) => part.close(),
);
const commands = await life.open(
  'commands',
  () =>
    createCommands({
      nats,
      log,
      checkpoints,
      findMessages: (ids) => readModel.queries.findMessages(ids),
      findRoomsOf: (userIds) => readModel.queries.roomsOf(userIds),
      config: {
        jwtSecret: config.jwt.secret,
        accessExpiryMs: config.jwt.accessExpiryMs,
        refreshExpiryMs: config.jwt.refreshExpiryMs,
        bcryptRounds: 12,
        replicas: config.log.replicas,
      },
      logger,
    }),
  (part) => part.close(),
);
const gateway = await life.open(
  'gateway',
  () =>
    createGateway({
      ...config.ws,
      // In production several processes share the port; elsewhere a taken port is a mistake to be told.
      shared: config.nodeEnv === 'production',
      origins: config.cors.origins,
      anyLocalOrigin: config.nodeEnv !== 'production',
      nats,
      log,
      commands,
      limits: { expiryGraceMs: config.ws.tokenGraceMs, drainTimeoutMs: config.ws.drainTimeoutMs },
      roomsOf: (userIds) => readModel.queries.roomsOf(userIds),
      logger,
    }),
  (part) => part.close(),
);
logger.info({ port: gateway.port }, 'ready');
