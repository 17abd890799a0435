import {
  createFakeGcs,
  createTcpProxy,
  freePort,
  freshDatabase,
  freshNats,
  tempFolder,
  testServers,
} from '@kuraxx/testing';
import { createClient } from './client.fixture.ts';
import { filesUnder } from './files.fixture.ts';
import { startService } from './process.fixture.ts';

/** Two api processes and a projector on a log and a database of their own, behind proxies that tests can cut. */
export const startSystem = async (options: { apis?: number; cloud?: boolean } = {}) => {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const part of closers.splice(0).reverse()) await part();
  };
  try {
    const nats = await freshNats();
    closers.push(() => nats.remove());
    const database = await freshDatabase();
    closers.push(() => database.drop());
    const natsProxy = await createTcpProxy(nats.url);
    closers.push(() => natsProxy.close());
    const postgresProxy = await createTcpProxy(database.url);
    closers.push(() => postgresProxy.close());
    const files = await tempFolder('files');
    closers.push(() => files.remove());
    const gcs = options.cloud === true ? await createFakeGcs() : undefined;
    if (gcs !== undefined) closers.push(() => gcs.close());
    const cloud: Record<string, string> =
      gcs === undefined
        ? {}
        : {
            FIREBASE_STORAGE_EMULATOR_HOST: gcs.host,
            FIREBASE_STORAGE_BUCKET: 'kuraxx-test',
            FIREBASE_PROJECT_ID: gcs.account.projectId,
            FIREBASE_CLIENT_EMAIL: gcs.account.clientEmail,
            FIREBASE_PRIVATE_KEY: gcs.account.privateKey,
          };
    /** The names of all files in the store and on their way to it. */
    const keptFiles = async (): Promise<string[]> => [
      ...(await filesUnder(files.path)),
      ...[...(gcs?.objects.keys() ?? [])].map((key) => key.split('/').at(-1) ?? key),
    ];
    const env = { ...cloud, KURAXX_FILES_DIR: files.path, REDIS_URL: testServers().redisUrl, LOG_LEVEL: 'info' };
    const direct = { ...env, NATS_URL: nats.url, DATABASE_URL: postgresProxy.url };
    const projector = await startService('projector', direct);
    closers.push(() => projector.stop());
    const apis = [];
    for (let n = 0; n < (options.apis ?? 1); n++) {
      const port = await freePort();
      const api = await startService('api', {
        ...env,
        NATS_URL: natsProxy.url,
        DATABASE_URL: postgresProxy.url,
        PORT: String(port),
        API_BASE_URL: `http://127.0.0.1:${port}`,
      });
      closers.push(() => api.stop());
      apis.push({ ...createClient(`http://127.0.0.1:${port}`), service: api });
    }
    const [first] = apis;
    if (first === undefined) throw new Error('a system has one api at least');
    /** Of the servers themselves, for who wants to be a process of the system. */
    const urls = { nats: nats.url, database: postgresProxy.url, files: files.path };
    return { ...first, apis, urls, keptFiles, nats: natsProxy, postgres: postgresProxy, projector, close };
  } catch (error) {
    await close();
    throw error;
  }
};

export type System = Awaited<ReturnType<typeof startSystem>>;
