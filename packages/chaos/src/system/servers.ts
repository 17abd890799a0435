import { setTimeout as delay } from 'node:timers/promises';
import { natsAccessOf, natsEnvironmentOf, setUpStreams } from '@kuraxx/launcher';
import { natsOptions } from '@kuraxx/runtime';
import {
  type NatsCluster,
  type RunningServer,
  startNats,
  startNatsCluster,
  startPostgres,
  startRedis,
} from '@kuraxx/servers';
import { connect, type NatsConnection } from 'nats';

/** Three NATS nodes, or one. */
export type Servers = {
  /** What can be broken, by name: `nats` (of a cluster `nats-1` to `nats-3`), `postgres`, `redis`. */
  readonly all: Readonly<Record<string, RunningServer>>;
  readonly nats: RunningServer | NatsCluster;
  readonly postgres: RunningServer;
  readonly redis: RunningServer;
  /** A connection that may do everything, and that reconnects for ever. */
  connectNats(): Promise<NatsConnection>;
  /** What a service process is told of NATS beside its URL. */
  natsEnvironmentOf(processName: string): NodeJS.ProcessEnv;
};

const partitions = 4;
const replicas = 3;
const reconnection = { maxReconnectAttempts: -1, reconnectTimeWait: 250 };

const onOneNode = (nats: RunningServer): Pick<Servers, 'connectNats' | 'natsEnvironmentOf'> => ({
  connectNats: () => connect({ servers: nats.url, ...reconnection }),
  natsEnvironmentOf: () => ({}),
});

const onCluster = (nats: NatsCluster): Pick<Servers, 'connectNats' | 'natsEnvironmentOf'> => ({
  connectNats: () => connect({ ...natsOptions(natsAccessOf(nats, 'cli'), 'cli'), ...reconnection }),
  natsEnvironmentOf: (name) => ({
    ...natsEnvironmentOf(nats, name),
    KURAXX_PARTITIONS: String(partitions),
    KURAXX_REPLICAS: String(replicas),
  }),
});

/**
 * NATS, Postgres and Redis of our own, whatever the environment names.
 *
 * @param cluster NATS as three nodes with a user for each service, set up by an operator's command
 * @param signal gives the setting up of a cluster's streams up
 * @throws {ServersError} nothing is left running then
 */
export const startServers = async (
  folder: string,
  cluster: boolean,
  onLine: (name: string, line: string) => void,
  signal: AbortSignal,
): Promise<Servers> => {
  const options = (name: string) => ({
    dataDir: `${folder}/${name}`,
    onLine: (line: string) => onLine(name, line),
  });
  const started = await Promise.allSettled([
    cluster
      ? startNatsCluster({ ...options('nats'), onLine: (line, node) => onLine(node, line) })
      : startNats(options('nats')),
    // not durable: what is killed is the process, not the machine, and two cores have better things to do
    startPostgres({ ...options('postgres'), durable: false }),
    startRedis(options('redis')),
  ]);
  const stop = async (): Promise<void> => {
    await Promise.all(started.map(async (one) => one.status === 'fulfilled' && (await one.value.stop())));
  };
  const [nats, postgres, redis] = started;
  if (nats.status !== 'fulfilled' || postgres.status !== 'fulfilled' || redis.status !== 'fulfilled') {
    await stop();
    throw started.find((one) => one.status === 'rejected')?.reason;
  }
  const others = { postgres: postgres.value, redis: redis.value };
  if (!('nodes' in nats.value)) {
    return { all: { nats: nats.value, ...others }, nats: nats.value, ...others, ...onOneNode(nats.value) };
  }
  try {
    await setUpStreams(nats.value, { partitions, replicas, signal });
  } catch (error) {
    await stop();
    throw error;
  }
  const nodes = Object.fromEntries(nats.value.nodes.map((node, index) => [`nats-${index + 1}`, node]));
  return { all: { ...nodes, ...others }, nats: nats.value, ...others, ...onCluster(nats.value) };
};

const bringUpTries = 10;
const bringUpPauseMs = 500;

/** Starts a server that was stopped or killed. After kill -9 it may need a moment before it can be. @throws {ServersError} */
export const bringUp = async (server: RunningServer): Promise<void> => {
  for (let tries = 1; server.pid === undefined; tries++) {
    try {
      await server.restart();
    } catch (error) {
      if (tries === bringUpTries) throw error;
      await delay(bringUpPauseMs);
    }
  }
};
