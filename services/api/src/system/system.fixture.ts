import { createTcpProxy, freshDatabase, freshNats, tempFolder, testServers } from '@kuraxx/testing';
import { createClient } from './client.fixture.ts';
import { freePort, startService } from './process.fixture.ts';

/** Two api processes and a projector on a log and a database of their own, behind proxies that tests can cut. */
export const startSystem = async (options: { apis?: number } = {}) => {
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
    const env = { KURAXX_FILES_DIR: files.path, REDIS_URL: testServers().redisUrl, LOG_LEVEL: 'info' };
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
    return { ...first, apis, filesDir: files.path, nats: natsProxy, postgres: postgresProxy, projector, close };
  } catch (error) {
    await close();
    throw error;
  }
};

export type System = Awaited<ReturnType<typeof startSystem>>;
