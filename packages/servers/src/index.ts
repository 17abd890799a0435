export { type Child, type ChildSpec, type Exit, startChild } from './child.ts';
export { ServersError, type ServersErrorCode } from './errors.ts';
export { findNatsServer } from './find-nats.ts';
export { findPostgres } from './find-postgres.ts';
export { findRedisServer } from './find-redis.ts';
export { withFolderLock } from './folder-lock.ts';
export { defaultDataDir, defaultServersDir } from './folders.ts';
export { freePort, type PortState, probePort } from './free-port.ts';
export { type StartOptions, startNats } from './nats.ts';
export {
  type NatsCluster,
  type NatsClusterOptions,
  type NatsUser,
  natsUsers,
  startNatsCluster,
} from './nats-cluster.ts';
export { readPidFile, stopLeftover, writePidFile } from './pid-file.ts';
export { type PostgresOptions, startPostgres } from './postgres.ts';
export { startPostgresReplica } from './postgres-replica.ts';
export { type Provided, type Provision, type ProvisionOptions, provision } from './provision.ts';
export { startRedis } from './redis.ts';
export type { RunningServer, ServerName } from './running-server.ts';
