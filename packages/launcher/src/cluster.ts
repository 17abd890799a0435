import { resolve } from 'node:path';
import { readConfig } from '@kuraxx/runtime';
import { defaultDataDir } from '@kuraxx/servers';
import { type Cluster, startCluster } from './cluster/start-cluster.ts';
import { inForeground, say } from './run.ts';

const screen = (cluster: Cluster, dataDir: string): string => `
The cluster is ready: three NATS nodes, two of each service.

  REST API     ${cluster.apiUrls.join('   ')}
  WebSocket    ${cluster.wsUrls.join('   ')}
  NATS         ${cluster.natsUrl}
               (TLS by ${cluster.nats.caFile}; users and passwords in ${dataDir}/nats-cluster/passwords.json)
  Postgres     ${cluster.databaseUrl}
   replica     ${cluster.databaseReadUrl}
  Redis        ${cluster.redisUrl}
  Operations   ${Object.entries(cluster.operations)
    .map(([name, url]) => `${name} ${url}`)
    .join('\n               ')}
  Processes    ${Object.entries(cluster.processes())
    .map(([name, pid]) => `${name} ${pid}`)
    .join(', ')}
  Data, logs   ${dataDir}

  Look: KURAXX_DATA_DIR=${dataDir} npm run -s kuraxx -- streams status      Kill any of these processes: it comes back.      Stop: Ctrl-C
`;

const dataDir = resolve(defaultDataDir(), 'cluster');
await inForeground(
  dataDir,
  (signal) => {
    const { log, http, ws } = readConfig(process.env);
    return startCluster({
      dataDir,
      partitions: log.partitions,
      ports: { api: http.port, ws: ws.port },
      report: (line) => say(`  ${line}`),
      signal,
    });
  },
  (cluster) => screen(cluster, dataDir),
);
