import { access } from 'node:fs/promises';
import { connect as connectTcp, createServer } from 'node:net';
import { text as streamText } from 'node:stream/consumers';
import { Redis } from 'ioredis';
import { connect } from 'nats';
import pg from 'pg';
import { afterEach, expect, test } from 'vitest';
import {
  createTcpProxy,
  eventually,
  freshDatabase,
  freshNats,
  freshPostgres,
  freshRedis,
  testServers,
} from './index.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const database = async (url: string): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {}); // cut on purpose
  await client.connect();
  return client;
};

test('the servers of the run answer', async () => {
  const { natsUrl, databaseUrl, redisUrl } = testServers();
  const nats = await connect({ servers: natsUrl });
  cleanups.push(() => nats.close());
  const postgres = await database(databaseUrl);
  cleanups.push(() => postgres.end());
  const redis = new Redis(redisUrl);
  cleanups.push(() => redis.quit());
  expect(await nats.rtt()).toBeGreaterThanOrEqual(0);
  expect((await postgres.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  expect(await redis.ping()).toBe('PONG');
});

test('a fresh database is empty, and can be dropped while somebody is connected', async () => {
  const fresh = await freshDatabase();
  const client = await database(fresh.url);
  const tables = await client.query(
    "select 1 from pg_tables where schemaname not in ('pg_catalog', 'information_schema')",
  );
  expect(tables.rowCount).toBe(0);
  const cut = new Promise((resolve) => client.once('end', resolve)); // events.once would reject on its error
  await fresh.drop();
  await cut;
  await expect(database(fresh.url)).rejects.toThrow(fresh.name);
});

test.each([
  ['nats', freshNats],
  ['redis', freshRedis],
  ['postgres', freshPostgres],
])('a fresh %s can be killed, restarted and removed', async (_name, make) => {
  const server = await make();
  cleanups.push(() => server.remove());
  const first = server.pid;
  await server.kill();
  expect(server.pid).toBeUndefined();
  await server.restart();
  expect(server.pid).not.toBe(first);
  await server.remove();
  await expect(access(server.dataDir)).rejects.toThrow('ENOENT');
});

test('the proxy passes on, holds back, cuts and comes back', async () => {
  const proxy = await createTcpProxy(testServers().redisUrl);
  cleanups.push(() => proxy.close());
  const redis = new Redis(proxy.url, { retryStrategy: () => 20, maxRetriesPerRequest: null });
  redis.on('error', () => {}); // cut on purpose
  cleanups.push(() => redis.disconnect());
  expect(await redis.ping()).toBe('PONG');

  proxy.pause();
  let answered = false;
  const held = redis.ping().then(() => {
    answered = true;
  });
  // Only time can show that nothing comes
  await expect(eventually(() => answered, { timeoutMs: 100 })).rejects.toThrow('not within 100 ms');
  proxy.resume();
  await held;

  proxy.cut();
  await eventually(() => proxy.connections === 0 && redis.status !== 'ready');
  proxy.resume();
  expect(await redis.ping()).toBe('PONG');
});

test('a slowed proxy passes everything on later, in order, also what was sent right before the end', async () => {
  const numbers = Array.from({ length: 2000 }, (_, index) => `${index} `);
  const server = createServer((socket) => {
    const left = numbers.values();
    const writeNext = (): void => {
      const { value, done } = left.next();
      if (done === true) socket.end();
      else socket.write(value, () => setImmediate(writeNext)); // in chunks of their own
    };
    socket.setNoDelay(true);
    writeNext();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const proxy = await createTcpProxy(`tcp://127.0.0.1:${address.port}`);
  cleanups.push(() => proxy.close());
  const read = async (): Promise<{ text: string; tookMs: number }> => {
    const begun = Date.now();
    const text = await streamText(connectTcp(proxy.port, '127.0.0.1'));
    return { text, tookMs: Date.now() - begun };
  };
  proxy.slow(150);
  const slowed = await read();
  expect(slowed.text).toBe(numbers.join(''));
  expect(slowed.tookMs).toBeGreaterThanOrEqual(149);
  proxy.resume();
  expect((await read()).text).toBe(numbers.join(''));
  await eventually(() => proxy.connections === 0);
});
