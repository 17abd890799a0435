import { eventually, freshRedis } from '@kuraxx/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientOf, createPerson, createRoom, type Person } from './person.fixture.ts';
import { openSignedIn, openSocket, type Socket } from './socket.fixture.ts';
import { type System, startTestSystem } from './system.fixture.ts';

let redis: Awaited<ReturnType<typeof freshRedis>>;
let system: System;

beforeAll(async () => {
  redis = await freshRedis();
  system = await startTestSystem({
    counts: { api: 2, bridge: 0 },
    env: {
      REDIS_URL: redis.url,
      RATE_LIMIT_ENABLED: 'true',
      RATE_LIMIT_MAX_SENDS: '4',
      CORS_ORIGIN: 'https://chat.example',
      TRUST_PROXY: '1',
      WS_AUTH_TIMEOUT: '2s',
      WS_MAX_CONNECTIONS_PER_USER: '2',
      WS_MAX_CONNECTIONS_PER_ADDRESS: '3',
      WS_MAX_ROOMS_PER_SOCKET: '1',
    },
  });
}, 300_000);
afterAll(async () => {
  await system?.stop();
  await redis?.remove();
});

const sendAt = async (api: number, person: Person, roomId: string): Promise<number> => {
  const client = clientOf(system.apiUrls[api] ?? '', person.token);
  return (await client.messages.send({ body: { roomId, content: 'hello' } })).status;
};
const from = (address: string) => ({ 'x-forwarded-for': address });

test('what a user sends by REST at two apis and by WebSocket counts together', async () => {
  const ann = await createPerson(system.apiUrl, 'ann');
  const roomId = await createRoom(ann);
  const socket = await openSignedIn(system.wsUrl, ann.token, roomId);
  expect([await sendAt(0, ann, roomId), await sendAt(1, ann, roomId)]).toEqual([201, 201]);
  for (const tempId of ['third', 'fourth']) {
    socket.send('message:new', { roomId, content: 'hello', tempId });
    await socket.next('message:saved', ({ payload }) => payload.tempId === tempId);
  }
  socket.send('message:new', { roomId, content: 'hello' }, 'fifth');
  const refused = await socket.next('error', ({ requestId }) => requestId === 'fifth');
  expect(refused.payload).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: expect.any(Number) });
  expect([await sendAt(0, ann, roomId), await sendAt(1, ann, roomId)]).toEqual([429, 429]);
  expect((await ann.api.auth.me()).status).toBe(200);
  socket.close();
});

test('while Redis is dead each process counts alone and nothing fails; once it is back they count together', async () => {
  const people = await Promise.all(['bob', 'cid', 'dan'].map((name) => createPerson(system.apiUrl, name)));
  const [bob, ...others] = people;
  if (bob === undefined) throw new Error('nobody is there');
  const roomId = await createRoom(bob, ...others);
  await redis.kill();
  const alone: number[] = [];
  for (let sent = 0; sent < 10; sent++) alone.push(await sendAt(sent % 2, bob, roomId));
  expect(alone).toEqual([201, 201, 201, 201, 201, 201, 201, 201, 429, 429]);
  await redis.restart();
  await eventually(
    async () => {
      const next = others.shift();
      if (next === undefined) throw new Error('they do not count together again');
      const together: number[] = [];
      for (let sent = 0; sent < 5; sent++) together.push(await sendAt(sent % 2, next, roomId));
      expect(together).toEqual([201, 201, 201, 201, 429]);
    },
    { intervalMs: 2_500 },
  );
});

test('pages of listed origins open sockets, and the page of the api; others do not', async () => {
  const open = async (origin: string) => (await openSocket(system.wsUrl, { origin, ...from('192.0.2.50') })).close();
  await open('https://chat.example');
  await open(system.apiUrl.replace('127.0.0.1', 'localhost'));
  await expect(open('http://localhost:3000')).rejects.toThrow('403');
  await expect(open('https://chat.example.evil.example')).rejects.toThrow('403');
});

test('sockets are closed that do not authenticate in time, or are too many of a user or an address', async () => {
  const silent = await openSocket(system.wsUrl, from('192.0.2.60'));
  const eve = await createPerson(system.apiUrl, 'eve');
  const sockets = [await openSignedIn(system.wsUrl, eve.token), await openSignedIn(system.wsUrl, eve.token)];
  const third = await openSocket(system.wsUrl, from('192.0.2.61'));
  third.send('authenticate', { token: eve.token });
  expect(await third.closed).toBe(4301);
  const crowd: Socket[] = [];
  for (let count = 0; count < 4; count++) crowd.push(await openSocket(system.wsUrl, from('192.0.2.62')));
  expect(await crowd[3]?.closed).toBe(4301);
  expect(await silent.closed).toBe(4200);
  for (const socket of [...sockets, ...crowd]) socket.close();
});

test('a socket is in as many rooms as is set', async () => {
  const fay = await createPerson(system.apiUrl, 'fay');
  const [one, two] = [await createRoom(fay), await createRoom(fay)];
  const socket = await openSignedIn(system.wsUrl, fay.token, one);
  socket.send('room:join', { roomId: two }, 'second');
  expect((await socket.next('error', ({ requestId }) => requestId === 'second')).payload.code).toBe('TOO_MANY_ROOMS');
  socket.close();
});
