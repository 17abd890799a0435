import { createTcpProxy, testServers } from '@kuraxx/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openClient } from './client.fixture.ts';
import { type Person, startGateway, type TestGateway } from './gateway.fixture.ts';

const drainTimeoutMs = 1_500;

let other: TestGateway;
let ann: Person;
let bob: Person;

beforeAll(async () => {
  other = await startGateway(testServers().natsUrl);
  [ann, bob] = await Promise.all([other.person('ann'), other.person('bob')]);
});
afterAll(() => other.close());

const httpUrl = ({ url }: TestGateway, path: string) => `${url.replace('ws:', 'http:')}${path}`;
const statusOf = async (gateway: TestGateway, path: string) => {
  const response = await fetch(httpUrl(gateway, path));
  return { status: response.status, body: await response.text() };
};

test('a gateway that stops says so, takes no new sockets, asks each client to come back after a time of its own, and closes with 1012', async () => {
  const gateway = await startGateway(testServers().natsUrl, { limits: { drainTimeoutMs } });
  expect(await statusOf(gateway, '/readyz')).toMatchObject({ status: 200 });
  const stranger = await openClient(gateway.url);
  const clients = await Promise.all(Array.from({ length: 20 }, () => gateway.signIn(bob)));
  const closing = gateway.close();
  for (const path of ['/readyz', '/health']) {
    const { status, body } = await statusOf(gateway, path);
    expect(status).toBe(503);
    expect(body).toContain('"draining"');
  }
  await expect(openClient(gateway.url)).rejects.toThrow('503');
  const hints = await Promise.all(clients.map((client) => client.next('reconnect')));
  const waits = hints.map(({ payload }) => payload.afterMs);
  expect(new Set(waits).size).toBeGreaterThan(5); // spread
  expect(Math.max(...waits)).toBeLessThan(drainTimeoutMs);
  await closing;
  for (const client of [...clients, stranger]) expect(await client.closed()).toBe(1012);
  await expect(openClient(gateway.url)).rejects.toThrow('ECONNREFUSED');
});

test('one that is about to stop says so on the port that balancers see, and goes on', async () => {
  let isStopping = false;
  const gateway = await startGateway(testServers().natsUrl, { isStopping: () => isStopping });
  expect(await statusOf(gateway, '/health')).toMatchObject({ status: 200 });
  isStopping = true;
  for (const path of ['/readyz', '/health']) {
    expect(await statusOf(gateway, path)).toMatchObject({ status: 503, body: expect.stringContaining('"draining"') });
  }
  const client = await gateway.signIn(bob);
  client.close();
  await gateway.close();
});

test('what was sent until the close is stored and its sender hears of it before, and misses nothing by going on elsewhere', async () => {
  const roomId = await other.room(ann, bob);
  const gateway = await startGateway(testServers().natsUrl, { limits: { drainTimeoutMs: 5_000 } });
  const client = await gateway.signIn(bob, roomId);
  const keeper = await other.signIn(ann, roomId);
  let sent = 0;
  const sending = setInterval(() => {
    if (client.closeCode() === undefined) client.send('message:new', { roomId, content: `${sent++}` });
  }, 10);
  await client.next('message:saved');
  await gateway.close();
  clearInterval(sending);
  expect(await client.closed()).toBe(1012);
  const heard = client.of('message:saved');
  const last = heard.at(-1);
  // Exactly what was stored was heard of by its sender: frames behind that were not taken any more.
  await keeper.settled();
  const stored = keeper.of('message:saved').map(({ payload }) => payload.message.content);
  expect(heard.map(({ payload }) => payload.message.content)).toEqual(stored);
  expect(stored).toEqual(Array.from({ length: stored.length }, (_, index) => `${index}`));
  await other.commands.messages.send({ senderId: ann.userId, roomId, content: 'meanwhile', type: 'TEXT' });
  const again = await other.signIn(bob);
  await again.ask('resume', { rooms: { [roomId]: last?.position } });
  expect(again.of('message:saved').map(({ payload, prev }) => [payload.message.content, prev])).toEqual([
    ['meanwhile', last?.position],
  ]);
  for (const one of [again, keeper]) one.close();
});

test('a send that is at work when the gateway stops is finished first', async () => {
  const proxy = await createTcpProxy(testServers().natsUrl);
  const roomId = await other.room(ann, bob);
  const gateway = await startGateway(proxy.url, { limits: { drainTimeoutMs: 4_000 } });
  const client = await gateway.signIn(bob, roomId);
  proxy.pause();
  client.send('message:new', { roomId, content: 'at work', tempId: 't-1' });
  const closing = gateway.close();
  await client.next('reconnect');
  proxy.resume();
  await closing;
  expect(client.of('message:saved').map(({ payload }) => payload.tempId)).toEqual(['t-1']);
  expect(await client.closed()).toBe(1012);
  await proxy.close();
});

test('with NATS stuck it is over in time all the same', async () => {
  const proxy = await createTcpProxy(testServers().natsUrl);
  const roomId = await other.room(ann, bob);
  const gateway = await startGateway(proxy.url, { limits: { drainTimeoutMs: 500 } });
  const client = await gateway.signIn(bob, roomId);
  proxy.pause();
  client.send('message:new', { roomId, content: 'stuck', tempId: 't-1' });
  const closing = gateway.gateway.close();
  expect(await client.closed(3_000)).toBe(1012);
  proxy.resume();
  await closing;
  await gateway.close();
  await proxy.close();
});

test('who comes back elsewhere in time never seems offline; who doesn’t, does', async () => {
  const people = [await other.person('xan'), await other.person('yve'), await other.person('zed')] as const;
  const [xan, yve, zed] = people;
  const roomId = await other.room(xan, yve, zed);
  const roomsOf = new Map(people.map(({ userId }) => [userId, [roomId]]));
  const { natsUrl } = testServers();
  const [stays, stops] = [
    await startGateway(natsUrl, { roomsOf }),
    await startGateway(natsUrl, { roomsOf, limits: { drainTimeoutMs: 100 } }),
  ];
  const watcher = await stays.signIn(xan);
  for (const person of [yve, zed]) {
    await stops.signIn(person);
    await watcher.next('presence:online', ({ payload }) => payload.userId === person.userId);
  }
  await stops.close();
  const back = await stays.signIn(yve);
  await watcher.next('presence:offline', ({ payload }) => payload.userId === zed.userId, 10_000);
  await watcher.settled();
  expect(watcher.of('presence:offline')).toHaveLength(1);
  expect(watcher.of('presence:online').filter(({ payload }) => payload.userId === yve.userId)).toHaveLength(1);
  for (const client of [watcher, back]) client.close();
  await stays.close();
});
