import { randomUUID } from 'node:crypto';
import { createTcpProxy, testServers } from '@kuraxx/testing';
import jsonwebtoken from 'jsonwebtoken';
import { pino } from 'pino';
import { afterEach, expect, test } from 'vitest';
import { jwtSecret, startApp } from './app.fixture.ts';
import { createRateLimiter } from './rate-limit.ts';

const logger = pino({ level: 'silent' });
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const limited = async (redisUrl: string, maxRequests: number) => {
  const limiter = await createRateLimiter({ redisUrl, windowMs: 60_000, maxRequests }, logger);
  closers.push(() => limiter.close());
  const app = await startApp({ limiter });
  closers.push(app.close);
  return app;
};

/** A window of its own for each test: the Redis is shared. */
const tokenOfSomebody = () => {
  const claims = { userId: randomUUID(), typ: 'access' };
  return { authorization: `Bearer ${jsonwebtoken.sign(claims, jwtSecret, { expiresIn: 60 })}` };
};

test('what is above the limit is refused with the time to wait, over all processes', async () => {
  const { redisUrl } = testServers();
  const [one, two] = [await limited(redisUrl, 3), await limited(redisUrl, 3)];
  const headers = tokenOfSomebody();
  const first = await one.send('GET', '/stats', { headers });
  expect(first.headers.get('ratelimit-limit')).toBe('3');
  for (const app of [two, one]) await app.send('GET', '/stats', { headers });
  const refused = await two.send('GET', '/stats', { headers });
  expect(refused).toMatchObject({ status: 429, body: { error: { code: 'RATE_LIMITED' } } });
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(refused.headers.get('ratelimit-remaining')).toBe('0');
  expect(Number(refused.headers.get('ratelimit-reset'))).toBeLessThanOrEqual(60);
});

test('one user does not use up the window of another, a made-up token not that of anybody', async () => {
  const app = await limited(testServers().redisUrl, 1);
  const [ann, bob] = [tokenOfSomebody(), tokenOfSomebody()];
  await app.send('GET', '/stats', { headers: ann });
  expect((await app.send('GET', '/stats', { headers: ann })).status).toBe(429);
  expect((await app.send('GET', '/stats', { headers: bob })).status).not.toBe(429);
  const madeUp = (userId: string) => ({
    authorization: `Bearer ${jsonwebtoken.sign({ userId, typ: 'access' }, 'another-secret')}`,
  });
  await app.send('GET', '/stats', { headers: madeUp(randomUUID()) });
  expect((await app.send('GET', '/stats', { headers: madeUp(randomUUID()) })).status).toBe(429);
});

test('health is never limited', async () => {
  const app = await limited(testServers().redisUrl, 1);
  for (let sent = 0; sent < 3; sent++) expect((await app.send('GET', '/health')).status).toBe(200);
});

test.each(['cut', 'pause'] as const)(
  'with Redis away (%s) requests are counted in memory and none fails',
  async (how) => {
    const proxy = await createTcpProxy(testServers().redisUrl);
    closers.push(() => proxy.close());
    const app = await limited(proxy.url, 2);
    const headers = tokenOfSomebody();
    expect((await app.send('GET', '/stats', { headers: tokenOfSomebody() })).status).not.toBe(429);
    proxy[how]();
    const statuses = [];
    for (let sent = 0; sent < 3; sent++) statuses.push((await app.send('GET', '/stats', { headers })).status);
    expect(statuses.at(-1)).toBe(429);
    expect(statuses).not.toContain(500);
  },
);
