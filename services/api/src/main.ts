import { createCommands } from '@kuraxx/commands';
import { apiContract } from '@kuraxx/contracts';
import { createCheckpointWatch } from '@kuraxx/event-store';
import { openReadModel } from '@kuraxx/read-model';
import {
  createLogger,
  lifecycle,
  limitsCheck,
  measureAppends,
  openLog,
  openOperations,
  openTracing,
  projectionCheck,
  readModelCheck,
  readServiceConfig,
  traceAppends,
} from '@kuraxx/runtime';
import { pageFolder } from '@kuraxx/web';
import { createFreshness } from './freshness.ts';
import { createHandlers } from './handlers/index.ts';
import { keepHouse } from './housekeeping.ts';
import { createApp } from './http/app.ts';
import { endpointsOf } from './http/handler.ts';
import { measureRequests } from './http/measure-requests.ts';
import { createOutageGuard } from './http/outage-guard.ts';
import { createLimitRequests } from './http/rate-limit.ts';
import { listen } from './http/server.ts';
import { traceRequests } from './http/trace-requests.ts';
import { openLimits } from './limits.ts';
import { watchLogConnection } from './log-watch.ts';
import { createRoomsAt } from './room-at.ts';
import { createRoomLog } from './room-log.ts';
import { settleForGateways } from './uploads/answer-settling.ts';
import { openUploads } from './uploads/open-uploads.ts';
import { fileRoutes } from './uploads/routes.ts';
import { startSweeping } from './uploads/sweep.ts';

/** The cheapest question to the read models: is anybody there? */
const nobody = '00000000-0000-4000-8000-000000000000';

const config = readServiceConfig('api', process.env);
const logger = createLogger('api', config);
const life = lifecycle(logger, config);
const operations = await openOperations(config, life, logger);

const tracing = await openTracing('api', config, life, logger);

const { nats, log: plainLog } = await openLog('api', config, { life, operations, logger });
const log = traceAppends(measureAppends(plainLog, operations.registry), tracing);
const checkpoints = await life.open(
  'checkpoints',
  () => createCheckpointWatch(nats),
  (watch) => watch.close(),
);
const readModel = await life.open(
  'read model',
  () =>
    openReadModel({
      databaseUrl: config.databaseUrl,
      replicaUrls: config.databaseReadUrls,
      serving: () => checkpoints.serving(),
    }),
  (model) => model.close(),
);
operations.check(readModelCheck(() => readModel.queries.findUser(nobody), false));
operations.check(projectionCheck(log, checkpoints));
const commands = await life.open(
  'commands',
  () =>
    createCommands({
      nats,
      log,
      checkpoints,
      logger,
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
    }),
  (open) => open.close(),
);
const limits = await life.open(
  'limits',
  () => openLimits(config, logger),
  (open) => open.close(),
);
operations.check(limitsCheck(() => limits.isShared()));
const freshness = createFreshness(log, checkpoints, () => readModel.queries.findUser(nobody));
const uploads = await openUploads(config, commands, life, logger);
await life.open(
  'settling',
  () => settleForGateways(nats, uploads.intake, logger),
  (stop) => stop(),
);
const roomLog = createRoomLog(log, checkpoints);
const roomsAt = createRoomsAt({
  log,
  findMessages: (ids) => readModel.queries.findMessages(ids),
  isDeletedAccount: (userId) => commands.accounts.isDeleted(userId),
});
const api = { commands, readModel, logger, freshness, roomLog, roomsAt, limits, uploads };
await life.open(
  'sweep of files',
  () => startSweeping(api),
  (stop) => stop(),
);
const app = createApp({
  endpoints: endpointsOf(apiContract, createHandlers(api)),
  authenticate: (token) => commands.accounts.authenticate(token),
  guard: createOutageGuard(watchLogConnection(nats)),
  outgoing: uploads.outgoing,
  files: fileRoutes(api),
  trace: tracing && traceRequests(tracing),
  measure: measureRequests(operations.registry),
  pageFolder,
  isStopping: () => life.isStopping(),
  limitRequests: limits.rates && createLimitRequests(limits.rates, (token) => commands.accounts.userOf(token)),
  config,
  logger,
});
await life.open(
  'housekeeping',
  async () => keepHouse(commands.accounts),
  (stop) => stop(),
);
const server = await life.open(
  'http',
  () => listen(app, config.http.port, () => life.isStopping()),
  (http) => http.close(),
);
operations.started();
logger.info({ port: server.port }, 'ready'); // last: whoever reads this line may connect
