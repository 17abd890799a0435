export { type EventuallyOptions, eventually } from './eventually.ts';
export { type FreshDatabase, freshDatabase } from './fresh-database.ts';
export { type FreshServer, freshNats, freshPostgres, freshRedis } from './fresh-servers.ts';
export { createFakeGcs, type FakeGcs } from './gcs/fake-gcs.ts';
export { checkSignedUrl, type SignedRequest } from './gcs/signed-url.ts';
export { type Decider, type Outcome, specificationOf } from './specification.ts';
export { createTcpProxy, type TcpProxy } from './tcp-proxy.ts';
export { type TempFolder, tempFolder } from './temp-folder.ts';
export { type TestServers, testServers } from './test-servers.ts';
