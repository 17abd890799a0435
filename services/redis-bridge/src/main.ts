import { createFileLinks } from '@kuraxx/file-links';
import { createLogger, lifecycle, openLog, openOperations, openTracing, readServiceConfig } from '@kuraxx/runtime';
import { createBridge } from './bridge.ts';
import { createMetrics } from './metrics.ts';

const config = readServiceConfig('redis-bridge', process.env);
const logger = createLogger('redis-bridge', config);
const life = lifecycle(logger, config);
const operations = await openOperations(config, life, logger);

const tracing = await openTracing('redis-bridge', config, life, logger);

const { nats, log } = await openLog('redis-bridge', config, { life, operations, logger });
const bridge = await life.open(
  'bridge',
  () =>
    createBridge({
      nats,
      log,
      redisUrl: config.redisUrl,
      outgoing: createFileLinks(config.jwt.secret, config.files.baseUrl, config.jwt.previousSecret).outgoing,
      replicas: config.log.replicas,
      observe: createMetrics(operations.registry, log),
      tracing,
      logger,
    }),
  (part) => part.stop(),
);
operations.check({
  name: 'redis',
  required: true,
  run: async () =>
    (await bridge.isRedisReady().catch(() => false)) ? undefined : 'away: the mirror waits, and catches up',
});
operations.started();
logger.info('ready');
