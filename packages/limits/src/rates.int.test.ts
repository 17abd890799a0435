import { createTcpProxy, eventually, freshRedis, testServers } from '@kuraxx/testing';
import { expect, onTestFinished, test } from 'vitest';
import { createRates, type Operation, operations, type RateRules } from './rates.ts';
import { openRedis, uniquePrefix } from './redis.fixture.ts';

const rulesOf = (changes: Partial<Record<Operation, number>>, addressFactor = 20): RateRules => ({
  windowMs: 60_000,
  perUser: { request: 1000, read: 1000, write: 1000, send: 1000, upload: 1000, signIn: 1000, frame: 1000, ...changes },
  addressFactor,
});

const ratesOf = async (url: string, rules: RateRules, prefix = uniquePrefix()) => {
  const rates = createRates(await openRedis(url), rules, prefix);
  onTestFinished(() => rates.close());
  return rates;
};

const ann = { address: '192.0.2.1', userId: 'ann' };
const bob = { address: '192.0.2.1', userId: 'bob' };

test.each(operations)('%s has a limit of its own, by user', async (operation) => {
  const rates = await ratesOf(testServers().redisUrl, rulesOf({ [operation]: 2 }));
  const other = operation === 'read' ? 'write' : 'read';
  for (const allowed of [true, true, false]) expect(await rates.take([operation], ann)).toMatchObject({ allowed });
  expect(await rates.take([other], ann)).toMatchObject({ allowed: true });
  expect(await rates.take([operation], bob)).toMatchObject({ allowed: true });
});

test('an address has what so many users have together', async () => {
  const rates = await ratesOf(testServers().redisUrl, rulesOf({ send: 2 }, 2));
  const seen = [];
  for (const userId of ['a', 'b', 'c', 'd', 'e']) {
    seen.push((await rates.take(['send'], { address: '192.0.2.1', userId })).allowed);
  }
  expect(seen).toEqual([true, true, true, true, false]);
  expect(await rates.take(['send'], { address: '192.0.2.2', userId: 'a' })).toMatchObject({ allowed: true });
});

test('without a user an address is held to the limit of one', async () => {
  const rates = await ratesOf(testServers().redisUrl, rulesOf({ request: 1 }));
  const nobody = { address: '192.0.2.1' };
  for (const allowed of [true, false]) expect(await rates.take(['request'], nobody)).toMatchObject({ allowed });
  expect(await rates.take(['request'], ann)).toMatchObject({ allowed: true });
});

test('the tightest limit speaks', async () => {
  const rates = await ratesOf(testServers().redisUrl, rulesOf({ request: 100, send: 3 }));
  expect(await rates.take(['request', 'send'], ann)).toMatchObject({ allowed: true, limit: 3, remaining: 2 });
});

test('two processes count together', async () => {
  const [url, rules, prefix] = [testServers().redisUrl, rulesOf({ send: 3 }), uniquePrefix()];
  const [one, two] = [await ratesOf(url, rules, prefix), await ratesOf(url, rules, prefix)];
  const seen = [];
  for (const rates of [one, two, one, two]) seen.push((await rates.take(['send'], ann)).allowed);
  expect(seen).toEqual([true, true, true, false]);
});

test.each(['cut', 'pause'] as const)('without Redis (%s) each process counts alone, and nothing fails', async (how) => {
  const proxy = await createTcpProxy(testServers().redisUrl);
  onTestFinished(() => proxy.close());
  const rates = await ratesOf(proxy.url, rulesOf({ send: 2 }));
  expect(await rates.take(['send'], bob)).toMatchObject({ allowed: true });
  proxy[how]();
  for (const allowed of [true, true, false]) expect(await rates.take(['send'], ann)).toMatchObject({ allowed });
});

test('when Redis has died and come back, processes count together again', async () => {
  const server = await freshRedis();
  onTestFinished(() => server.remove());
  const prefix = uniquePrefix();
  const rules = rulesOf({ send: 1 });
  const [one, two] = [await ratesOf(server.url, rules, prefix), await ratesOf(server.url, rules, prefix)];
  await server.kill();
  await eventually(async () => {
    const userId = `away-${Math.random()}`;
    await one.take(['send'], { userId });
    expect(await two.take(['send'], { userId })).toMatchObject({ allowed: true });
  });
  await server.restart();
  await eventually(async () => {
    const userId = `back-${Math.random()}`;
    await one.take(['send'], { userId });
    expect(await two.take(['send'], { userId })).toMatchObject({ allowed: false });
  });
});
