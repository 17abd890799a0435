import { randomUUID } from 'node:crypto';
import { connectLimitsRedis, createRates, type Operation } from '@kuraxx/limits';
import { createTcpProxy, testServers } from '@kuraxx/testing';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { startApp } from './app.fixture.ts';
import { createLimitRequests } from './rate-limit.ts';

type Options = { perUser?: Partial<Record<Operation, number>>; url?: string; trustedProxies?: number; prefix?: string };

const limited = async ({ perUser, url, trustedProxies = 0, prefix = randomUUID() }: Options) => {
  const connection = await connectLimitsRedis(url ?? testServers().redisUrl, pino({ level: 'silent' }));
  const all = { request: 100, read: 100, write: 100, send: 100, upload: 100, signIn: 100, frame: 100, ...perUser };
  const rates = createRates(connection.redis, { windowMs: 60_000, perUser: all, addressFactor: 2 }, prefix);
  const app = await startApp({ limitRequests: createLimitRequests(rates, userOf), trustedProxies });
  onTestFinished(async () => {
    await app.close();
    rates.close();
    connection.close();
  });
  return app;
};

/** Valid are the tokens that begin like this; what comes then is the user. */
const valid = 'of-';
const userOf = (token: string) => (token.startsWith(valid) ? token.slice(valid.length) : undefined);
const tokenOf = (userId: string, kind = valid) => ({ authorization: `Bearer ${kind}${userId}` });
const [ann, bob] = [tokenOf(randomUUID()), tokenOf(randomUUID())];

test('what is above the limit is refused with the time to wait, over all processes', async () => {
  const options = { perUser: { request: 3 }, prefix: randomUUID() };
  const [one, two] = [await limited(options), await limited(options)];
  const first = await one.send('GET', '/stats', { headers: ann });
  expect(first.headers.get('ratelimit-limit')).toBe('3');
  expect(first.headers.get('ratelimit-remaining')).toBe('2');
  for (const app of [two, one]) await app.send('GET', '/stats', { headers: ann });
  const refused = await two.send('GET', '/stats', { headers: ann });
  expect(refused.status).toBe(429);
  expect(refused.body).toEqual({
    success: false,
    error: { code: 'RATE_LIMITED', message: 'Too many requests; try again later' },
  });
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(60);
  expect(refused.headers.get('ratelimit-remaining')).toBe('0');
  expect(Number(refused.headers.get('ratelimit-reset'))).toBeLessThanOrEqual(60);
});

test('one user does not use up what another has, a made-up token not that of anybody', async () => {
  const app = await limited({ perUser: { request: 1 } });
  await app.send('GET', '/stats', { headers: ann });
  expect((await app.send('GET', '/stats', { headers: ann })).status).toBe(429);
  const forAnn = (await app.send('GET', '/stats', { headers: tokenOf(randomUUID(), 'made-up-') })).status;
  expect(forAnn).toBe(429); // the address has used up what two users have
  const other = await limited({ perUser: { request: 1 } });
  await other.send('GET', '/stats', { headers: ann });
  expect((await other.send('GET', '/stats', { headers: bob })).status).not.toBe(429);
});

test('requests without a valid token share what one user has', async () => {
  const app = await limited({ perUser: { request: 1 } });
  const madeUp = () => tokenOf(randomUUID(), 'made-up-');
  expect((await app.send('GET', '/stats', { headers: madeUp() })).status).toBe(401);
  expect((await app.send('GET', '/stats', { headers: madeUp() })).status).toBe(429);
});

const id = '11ab22cd-33ef-4a55-8b66-77cc88dd99ee';
test.each<[Operation, string, string]>([
  ['signIn', 'POST', '/auth/login'],
  ['signIn', 'POST', '/api/AUTH/Register/'],
  ['signIn', 'POST', '/auth/refresh'],
  ['send', 'POST', '/messages/send'],
  ['read', 'GET', `/rooms/${id}`],
  ['write', 'PATCH', '/users/me'],
  ['write', 'POST', '/auth/logout'],
])('%s has a limit for %s %s', async (operation, method, path) => {
  const app = await limited({ perUser: { [operation]: 1 } });
  const statuses = [];
  for (let sent = 0; sent < 3; sent++) statuses.push((await app.send(method, path, { headers: ann })).status);
  expect(statuses.slice(0, 1)).not.toContain(429);
  expect(statuses.at(-1)).toBe(429);
  const other = operation === 'read' ? app.send('POST', '/auth/logout') : app.send('GET', '/rooms/list');
  expect((await other).status).not.toBe(429);
});

test('what leads nowhere is counted too, health never', async () => {
  const app = await limited({ perUser: { request: 1 } });
  for (let sent = 0; sent < 3; sent++) expect((await app.send('GET', '/health')).status).toBe(200);
  expect((await app.send('GET', '/nowhere')).status).toBe(404);
  expect((await app.send('GET', '/nowhere')).status).toBe(429);
});

test('an address is taken from X-Forwarded-For behind trusted proxies alone', async () => {
  const by = (address: string) => ({ headers: { authorization: '', 'x-forwarded-for': address } });
  const open = await limited({ perUser: { request: 1 } });
  await open.send('GET', '/stats', by('192.0.2.1'));
  expect((await open.send('GET', '/stats', by('192.0.2.2'))).status).toBe(429);
  const behind = await limited({ perUser: { request: 1 }, trustedProxies: 1 });
  await behind.send('GET', '/stats', by('192.0.2.1'));
  expect((await behind.send('GET', '/stats', by('192.0.2.2'))).status).toBe(401);
  expect((await behind.send('GET', '/stats', by('192.0.2.9, 192.0.2.1'))).status).toBe(429);
});

test.each(['cut', 'pause'] as const)(
  'with Redis away (%s) requests are counted in memory and none fails',
  async (how) => {
    const proxy = await createTcpProxy(testServers().redisUrl);
    onTestFinished(() => proxy.close());
    const app = await limited({ url: proxy.url, perUser: { request: 2 } });
    expect((await app.send('GET', '/stats', { headers: bob })).status).not.toBe(429);
    proxy[how]();
    const statuses = [];
    for (let sent = 0; sent < 3; sent++) statuses.push((await app.send('GET', '/stats', { headers: ann })).status);
    expect(statuses.at(-1)).toBe(429);
    expect(statuses).not.toContain(500);
  },
);
