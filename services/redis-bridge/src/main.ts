import { openEventLog } from '@kuraxx/event-store';
import { connectNats, createLogger, lifecycle, readConfig } from '@kuraxx/runtime';
import { createBridge } from './bridge.ts';

const config = readConfig(process.env);
const logger = createLogger('redis-bridge', config);
const life = lifecycle(logger);
const { partitions: roomPartitions, replicas } = config.log;

const nats = await life.open(
  'nats',
  () => connectNats(config.natsUrl, 'kuraxx-redis-bridge', logger),
  (connection) => connection.drain(),
);
const log = await life.open(
  'log',
  () => openEventLog({ nats, roomPartitions, replicas, source: 'kuraxx/redis-bridge' }),
  (opened) => opened.close(),
);
await life.open(
  'bridge',
  () => createBridge({ nats, log, redisUrl: config.redisUrl, replicas, logger }),
  (bridge) => bridge.stop(),
);
logger.info('ready');
