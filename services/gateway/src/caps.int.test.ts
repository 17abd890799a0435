import { randomUUID } from 'node:crypto';
import { connectLimitsRedis, createRates, type Operation, type Rates } from '@kuraxx/limits';
import { eventually, testServers } from '@kuraxx/testing';
import { pino } from 'pino';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { type Client, openClient } from './client.fixture.ts';
import { startGateway, type TestGateway } from './gateway.fixture.ts';

const { natsUrl, redisUrl } = testServers();
const redis = await connectLimitsRedis(redisUrl, pino({ level: 'silent' }));
afterAll(() => redis.close());

const ratesOf = (perUser: Partial<Record<Operation, number>>, prefix: string = randomUUID()) => {
  const all = {
    request: 1000,
    read: 1000,
    write: 1000,
    send: 1000,
    upload: 1000,
    signIn: 1000,
    frame: 1000,
    ...perUser,
  };
  const rates = createRates(redis.redis, { windowMs: 60_000, perUser: all, addressFactor: 2 }, prefix);
  onTestFinished(() => rates.close());
  return rates;
};
const free = { allowed: true, limit: 1, remaining: 1, resetMs: 1 } as const;

const start = async (options: Parameters<typeof startGateway>[1]): Promise<TestGateway> => {
  const system = await startGateway(natsUrl, options);
  onTestFinished(() => system.close());
  return system;
};

const from = (address: string) => ({ headers: { 'x-forwarded-for': address } });

/** Opens as many as are allowed. A socket opens before Redis has counted it; what is asked for later is answered later. */
const exhaust = async ({ url }: TestGateway, rates: Rates, address: string): Promise<void> => {
  for (let count = 0; count < 2; count++) await openClient(url, from(address));
  expect(await rates.take(['request'], { address })).toMatchObject({ allowed: false });
};

test('a user has so many sockets and no more; one that closes makes room', async () => {
  const system = await start({ limits: { maxConnectionsPerUser: 2 } });
  const [ann, bob] = [await system.person('ann'), await system.person('bob')];
  const [first] = [await system.signIn(ann), await system.signIn(ann)];
  const third = await openClient(system.url);
  third.send('authenticate', { token: ann.token });
  expect(await third.closed()).toBe(4301);
  await system.signIn(bob);
  await first.ask('authenticate', { token: ann.token }); // again on a socket of hers is no further one
  first.close();
  await first.closed();
  await eventually(async () => (await system.signIn(ann)).closeCode() === undefined);
});

test('an address has so many sockets, and behind a proxy it is the address that the proxy saw', async () => {
  const system = await start({ limits: { maxConnectionsPerAddress: 2 }, trustedProxies: 1 });
  const open: Client[] = [];
  for (let count = 0; count < 2; count++) open.push(await openClient(system.url, from('192.0.2.1')));
  const surplus = await openClient(system.url, from('198.51.100.7, 192.0.2.1'));
  expect(await surplus.closed()).toBe(4301);
  await (await openClient(system.url, from('192.0.2.2'))).settled();
  open[0]?.close();
  await eventually(async () => {
    const again = await openClient(system.url, from('192.0.2.1'));
    await again.settled();
  });
});

test('without a trusted proxy X-Forwarded-For means nothing', async () => {
  const system = await start({ limits: { maxConnectionsPerAddress: 1 } });
  await openClient(system.url, from('192.0.2.1'));
  expect(await (await openClient(system.url, from('192.0.2.2'))).closed()).toBe(4301);
});

test('a gateway that is full says so with 1013', async () => {
  const system = await start({ limits: { maxConnections: 1 } });
  await openClient(system.url);
  expect(await (await openClient(system.url)).closed()).toBe(1013);
});

test('a socket is in so many rooms and no more', async () => {
  const system = await start({ limits: { maxRoomsPerSocket: 1 } });
  const ann = await system.person('ann');
  const [one, two] = [await system.room(ann), await system.room(ann)];
  const client = await system.signIn(ann, one);
  expect(await client.ask('room:join', { roomId: two })).toMatchObject({ payload: { code: 'TOO_MANY_ROOMS' } });
  await client.ask('room:leave', { roomId: one });
  expect(await client.ask('room:join', { roomId: two })).toMatchObject({ type: 'room:join' });
});

test('opening sockets too often is refused with 429 and the time to wait', async () => {
  const [rates, address] = [ratesOf({ request: 2 }), '192.0.2.1'];
  const system = await start({ rates, trustedProxies: 1 });
  await exhaust(system, rates, address);
  await expect(openClient(system.url, from(address))).rejects.toThrow('429');
});

test('a socket opens at once also when it takes long to know how often its address asked', async () => {
  const never = new Promise<never>(() => undefined);
  const system = await start({ rates: { take: (wanted) => (wanted[0] === 'request' ? never : free), close() {} } });
  const client = await system.signIn(await system.person('ann'));
  await client.settled();
  expect(client.closeCode()).toBeUndefined();
});

test('a socket of an address that asked too often elsewhere is told so and closed', async () => {
  const [prefix, address] = [randomUUID(), '192.0.2.1'];
  const rates = ratesOf({ request: 2 }, prefix);
  await exhaust(await start({ rates, trustedProxies: 1 }), rates, address);
  const two = await start({ rates: ratesOf({ request: 2 }, prefix), trustedProxies: 1 });
  const late = await openClient(two.url, from(address));
  expect(await late.closed()).toBe(1013);
  const [told] = late.of('error');
  expect(told?.payload).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: expect.any(Number) });
  await expect(openClient(two.url, from(address))).rejects.toThrow('429');
});

test('all sockets of a user share what the user may send, over all gateways', async () => {
  const prefix = randomUUID();
  const [one, two] = [
    await start({ rates: ratesOf({ send: 3 }, prefix) }),
    await start({ rates: ratesOf({ send: 3 }, prefix) }),
  ];
  const ann = await one.person('ann');
  const roomId = await one.room(ann);
  const clients = [await one.signIn(ann, roomId), await two.signIn(ann, roomId)];
  for (let count = 0; count < 4; count++) {
    const client = clients[count % 2];
    client?.send('message:new', { roomId, content: `${count}` }, `send-${count}`);
    await client?.settled();
  }
  const refused = await clients[1]?.next('error', ({ requestId }) => requestId === 'send-3');
  expect(refused?.payload.code).toBe('RATE_LIMITED');
  expect(refused?.payload.retryAfterMs).toBeGreaterThan(0);
  await clients[0]?.next('message:saved', ({ payload }) => payload.message.content === '2');
  expect(clients[0]?.of('message:saved')).toHaveLength(3);
});

test('frames of any kind count for the user, those that are none too', async () => {
  const system = await start({ rates: ratesOf({ frame: 3 }) });
  const client = await system.signIn(await system.person('ann')); // its authenticate counts for the address alone
  client.raw('no JSON');
  const codes = [];
  for (let count = 0; count < 3; count++) codes.push(await client.ask('nope', {}));
  expect(codes.map((answer) => answer.type === 'error' && answer.payload.code)).toEqual([
    'UNKNOWN_EVENT',
    'UNKNOWN_EVENT',
    'RATE_LIMITED',
  ]);
});
