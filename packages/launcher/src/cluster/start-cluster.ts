import type { NatsCluster } from '@kuraxx/servers';
import type { Report } from '../report.ts';
import { type System, type SystemOptions, startSystem } from '../system.ts';
import { type ClusterServers, openClusterServers } from './cluster-servers.ts';

const processesEach = 2;

export type Cluster = System & { readonly nats: NatsCluster; readonly databaseReadUrl: string };

/**
 * Starts what an operator runs on three machines, on loopback: three NATS nodes from deploy/nats with three copies of each stream, and
 * two processes of each service, each as a NATS user that may do what its service needs, a Postgres with a replica that the apis ask,
 * and a Redis. Whatever dies is restarted.
 *
 * @throws {StartError | ServersError | ConfigError} with a message for people; nothing is left running then
 */
export const startCluster = async (
  options: Pick<SystemOptions, 'dataDir' | 'ports' | 'env' | 'programs'> & {
    readonly partitions: number;
    readonly report: Report;
    readonly signal: AbortSignal;
  },
): Promise<Cluster> => {
  const { partitions, ...others } = options;
  const opened = Promise.withResolvers<ClusterServers>();
  const system = await startSystem({
    ...others,
    openServers: async (needs) => {
      const servers = await openClusterServers(needs, partitions);
      opened.resolve(servers);
      return servers;
    },
    counts: { api: processesEach, gateway: processesEach, projector: processesEach, bridge: processesEach },
  });
  const { nats, databaseReadUrl } = await opened.promise;
  return { ...system, nats, databaseReadUrl };
};
