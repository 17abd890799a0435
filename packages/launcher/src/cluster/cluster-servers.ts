import { join } from 'node:path';
import {
  type NatsCluster,
  type RunningServer,
  startNatsCluster,
  startPostgres,
  startPostgresReplica,
} from '@kuraxx/servers';
import { openLogFiles } from '../log-file.ts';
import { openServers, restartable, type Servers, type ServersOptions } from '../servers.ts';
import { type Supervised, supervise } from '../supervise.ts';
import { natsAccessOf, natsEnvironmentOf, setUpStreams } from './nats-access.ts';

/** Copies of each stream: any node may go. */
const replicas = 3;

export type ClusterServers = Servers & { readonly nats: NatsCluster; readonly databaseReadUrl: string };

/**
 * Starts three NATS nodes from deploy/nats with three copies of each stream, set up by an operator's command, a Postgres with a replica,
 * and a Redis as `openServers` does, and looks after all of them. Their output goes to `<data dir>/logs`.
 *
 * @throws {StartError | ServersError} with a message for people; nothing is left running then
 */
export const openClusterServers = async (options: ServersOptions, partitions: number): Promise<ClusterServers> => {
  const { dataDir, report, changed, signal } = options;
  const logs = openLogFiles(dataDir, report);
  const supervised: Supervised[] = [];
  const closers: (() => unknown)[] = [() => logs.close()]; // last in, first out
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).toReversed()) await close();
  };
  const lookAfter = async (server: RunningServer, name: string): Promise<void> => {
    report(`${name}: started on 127.0.0.1:${server.port} (process ${server.pid ?? 'gone'})`);
    const one = await supervise(restartable(server, name), report, changed, signal);
    supervised.push(one);
    closers.push(() => one.stop());
  };
  try {
    const nats = await startNatsCluster({
      dataDir: join(dataDir, 'nats-cluster'),
      log: (message) => report(`NATS: ${message}`),
      onLine: (line, node) => logs.write(node, line),
      signal,
    });
    closers.push(() => nats.stop());
    for (const [index, node] of nats.nodes.entries()) await lookAfter(node, `nats-${index + 1}`);
    const own = (name: string) => ({
      dataDir: join(dataDir, name),
      onLine: (line: string) => logs.write(name, line),
      signal,
    });
    const postgres = await startPostgres(own('postgres'));
    closers.push(() => postgres.stop());
    await lookAfter(postgres, 'postgres');
    const replica = await startPostgresReplica(postgres, own('postgres-replica'));
    closers.push(() => replica.stop());
    await lookAfter(replica, 'postgres-replica');
    await setUpStreams(nats, { partitions, replicas, signal });
    report(`NATS: ${partitions} partitions of rooms, ${replicas} copies of each stream`);
    const others = await openServers({
      ...options,
      env: { ...options.env, NATS_URL: nats.url, DATABASE_URL: postgres.url },
    });
    closers.push(() => others.stop());
    return {
      urls: others.urls,
      supervised: [...supervised, ...others.supervised],
      env: {
        DATABASE_READ_URL: replica.url,
        KURAXX_PARTITIONS: String(partitions),
        KURAXX_REPLICAS: String(replicas),
      },
      envOf: (name) => natsEnvironmentOf(nats, name),
      natsAccess: natsAccessOf(nats, 'cli'),
      nats,
      databaseReadUrl: replica.url,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
};
