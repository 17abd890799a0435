import { join } from 'node:path';
import {
  type NatsCluster,
  type RunningServer,
  startNatsCluster,
  startPostgres,
  startPostgresReplica,
} from '@kuraxx/servers';
import type { Report } from '../report.ts';
import { restartable } from '../servers.ts';
import { supervise } from '../supervise.ts';
import { type System, type SystemOptions, startSystem } from '../system.ts';
import { natsEnvironment, natsEnvironmentOf, setUpStreams } from './nats-access.ts';

/** Copies of each stream: any node may go. */
const replicas = 3;
const processesEach = 2;

export type Cluster = System & { readonly nats: NatsCluster; readonly databaseReadUrl: string };

/**
 * Starts what an operator runs on three machines, on loopback: three NATS nodes from deploy/nats with three copies of each stream, and
 * two processes of each service, each as a NATS user that may do what its service needs, a Postgres with a replica that the apis ask,
 * and a Redis. Whatever dies is restarted.
 *
 * @throws {StartError | ServersError} with a message for people; nothing is left running then
 */
export const startCluster = async (
  options: Pick<SystemOptions, 'dataDir' | 'ports' | 'env'> & {
    readonly partitions: number;
    readonly report: Report;
    readonly signal: AbortSignal;
  },
): Promise<Cluster> => {
  const { dataDir, partitions, report, signal } = options;
  const closers: (() => Promise<unknown>)[] = []; // last in, first out
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).toReversed()) await close();
  };
  try {
    const nats = await startNatsCluster({
      dataDir: join(dataDir, 'nats-cluster'),
      log: (message) => report(`NATS: ${message}`),
      signal,
    });
    closers.push(() => nats.stop());
    const lookAfter = async (server: RunningServer, name: string): Promise<void> => {
      report(`${name}: started on 127.0.0.1:${server.port} (process ${server.pid ?? 'gone'})`);
      const supervised = await supervise(restartable(server, name), report, () => undefined, signal);
      closers.push(() => supervised.stop());
    };
    for (const [index, node] of nats.nodes.entries()) await lookAfter(node, `nats-${index + 1}`);
    const postgres = await startPostgres({ dataDir: join(dataDir, 'postgres'), signal });
    closers.push(() => postgres.stop());
    await lookAfter(postgres, 'postgres');
    const replica = await startPostgresReplica(postgres, { dataDir: join(dataDir, 'postgres-replica'), signal });
    closers.push(() => replica.stop());
    await lookAfter(replica, 'postgres-replica');
    await setUpStreams(nats, { partitions, replicas });
    report(`NATS: ${partitions} partitions of rooms, ${replicas} copies of each stream`);
    const operator = natsEnvironment(nats, 'cli');
    const system = await startSystem({
      ...options,
      env: {
        ...options.env,
        DATABASE_URL: postgres.url,
        DATABASE_READ_URL: replica.url,
        NATS_URL: nats.url,
        KURAXX_PARTITIONS: String(partitions),
        KURAXX_REPLICAS: String(replicas),
      },
      envOf: (name) => natsEnvironmentOf(nats, name),
      natsAccess: {
        user: operator['NATS_USER'] ?? '',
        password: operator['NATS_PASSWORD'] ?? '',
        tls: { caFile: nats.caFile },
      },
      counts: { api: processesEach, gateway: processesEach, projector: processesEach, bridge: processesEach },
    });
    closers.push(() => system.stop());
    return Object.assign(system, { nats, databaseReadUrl: replica.url, stop });
  } catch (error) {
    await stop();
    throw error;
  }
};
