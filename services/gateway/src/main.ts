import { createCommands } from '@kuraxx/commands';
import { createCheckpointWatch } from '@kuraxx/event-store';
import { createFileLinks } from '@kuraxx/file-links';
import { connectLimitsRedis, createRates } from '@kuraxx/limits';
import { openReadModel } from '@kuraxx/read-model';
import {
  createLogger,
  lifecycle,
  limitsCheck,
  measureAppends,
  openLog,
  openOperations,
  openTracing,
  readModelCheck,
  readServiceConfig,
  traceAppends,
} from '@kuraxx/runtime';
import { createGateway } from './gateway.ts';
import { showMetrics } from './metrics.ts';
import { fullCollection } from './tidy.ts';

const config = readServiceConfig('gateway', process.env);
const logger = createLogger('gateway', config);
const life = lifecycle(logger, config);
const operations = await openOperations(config, life, logger);

const tracing = await openTracing('gateway', config, life, logger);

const { nats, log: plainLog } = await openLog('gateway', config, { life, operations, logger });
const log = traceAppends(measureAppends(plainLog, operations.registry), tracing);
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
operations.check(readModelCheck(() => readModel.serving(), false)); // presence and some repetitions alone need it
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
        previousJwtSecret: config.jwt.previousSecret,
        accessExpiryMs: config.jwt.accessExpiryMs,
        refreshExpiryMs: config.jwt.refreshExpiryMs,
        bcryptRounds: 12,
        replicas: config.log.replicas,
      },
      logger,
    }),
  (part) => part.close(),
);
const { enabled, ...rateRules } = config.rateLimit;
const redis = enabled
  ? await life.open(
      'redis',
      () => connectLimitsRedis(config.redisUrl, logger),
      (connection) => connection.close(),
    )
  : undefined;
if (redis !== undefined) operations.check(limitsCheck(() => redis.redis.status === 'ready'));
const rates = redis && createRates(redis.redis, rateRules);
const gateway = await life.open(
  'gateway',
  () =>
    createGateway({
      ...config.ws,
      origins: [...config.cors.origins, ...config.cors.socketOrigins],
      anyLocalOrigin: config.cors.anyLocalSocketOrigin,
      trustedProxies: config.http.trustedProxies,
      rates,
      nats,
      log,
      commands,
      outgoing: createFileLinks(config.jwt.secret, config.files.baseUrl, config.jwt.previousSecret).outgoing,
      limits: {
        ...config.ws.limits,
        ...(enabled ? {} : { framesPerSecond: Number.MAX_SAFE_INTEGER, burstFrames: Number.MAX_SAFE_INTEGER }),
        expiryGraceMs: config.ws.tokenGraceMs,
        drainTimeoutMs: config.ws.drainTimeoutMs,
      },
      roomsOf: (userIds) => readModel.queries.roomsOf(userIds),
      tracing,
      collect: fullCollection(),
      isStopping: () => life.isStopping(),
      logger,
    }),
  (part) => part.close(),
);
showMetrics(operations.registry, gateway);
operations.started();
logger.info({ port: gateway.port }, 'ready');
