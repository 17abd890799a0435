export { natsAccessOf, natsEnvironmentOf, setUpStreams } from './cluster/nats-access.ts';
export { type Cluster, startCluster } from './cluster/start-cluster.ts';
export { buildPage } from './page.ts';
export { StartError } from './report.ts';
export { instanceName, type ServiceKind } from './service-process.ts';
export { type System, type SystemOptions, startSystem } from './system.ts';
