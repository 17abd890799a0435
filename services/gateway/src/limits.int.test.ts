import { setTimeout as delay } from 'node:timers/promises';
import { eventually, testServers } from '@kuraxx/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openClient } from './client.fixture.ts';
import { startGateway, type TestGateway } from './gateway.fixture.ts';

let system: TestGateway;
const limits = { authenticationTimeoutMs: 400, expiryGraceMs: 400, sweepIntervalMs: 20, maxUnsentBytes: 64 * 1024 };

beforeAll(async () => {
  system = await startGateway(testServers().natsUrl, { limits });
});
afterAll(() => system.close());

const httpUrl = (path: string) => `${system.url.replace('ws:', 'http:')}${path}`;

test('a socket that does not authenticate is closed with 4200, and one that does is not', async () => {
  const ann = await system.person('ann');
  const [silent, known] = [await openClient(system.url), await system.signIn(ann)];
  expect(await silent.closed()).toBe(4200);
  await known.settled();
  expect(known.closeCode()).toBeUndefined();
  known.close();
});

test('health is exactly what monitors of the old service read; other plain HTTP is told to upgrade', async () => {
  const health = await fetch(httpUrl('/health'));
  const body: unknown = await health.json();
  expect(health.status).toBe(200);
  expect(body).toEqual({ status: 'ok', timestamp: expect.stringMatching(/^\d{4}-.*Z$/), service: 'ws-service' });
  const head = await fetch(httpUrl('/health'), { method: 'HEAD' });
  expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([
    200,
    health.headers.get('content-length'),
    '',
  ]);
  for (const method of ['GET', 'HEAD']) expect((await fetch(httpUrl('/'), { method })).status).toBe(426);
  expect((await fetch(httpUrl('/health'), { method: 'POST', body: 'x' })).status).toBe(426);
});

test('pages of other origins are refused, any path is fine', async () => {
  await expect(openClient(system.url, { origin: 'https://evil.example' })).rejects.toThrow('403');
  for (const origin of ['http://localhost:3000', httpUrl('')]) {
    const page = await openClient(`${system.url}/socket/health?x=1`, { origin });
    await page.settled();
    page.close();
  }
});

test('a burst of 10,000 frames is closed with 4300 and hinders nobody', async () => {
  const [ann, bob] = [await system.person('ann'), await system.person('bob')];
  const roomId = await system.room(ann, bob);
  const [noisy, quiet] = [await system.signIn(ann, roomId), await system.signIn(bob, roomId)];
  for (let count = 0; count < 10_000; count++) noisy.send('message:new', { roomId, content: `${count}` });
  const answer = await quiet.ask('room:join', { roomId });
  expect(answer.type).toBe('room:join');
  expect(await noisy.closed(10_000)).toBe(4300);
  await quiet.settled();
  const came = quiet.of('message:saved').map(({ payload }) => Number(payload.message.content));
  expect(came).toEqual(came.map((_, index) => index));
  quiet.close();
});

test('a socket that sends too much is told when to go on, and may', async () => {
  const brief = await startGateway(testServers().natsUrl, { limits: { framesPerSecond: 100, burstFrames: 10 } });
  try {
    const client = await openClient(brief.url);
    for (let count = 0; count < 40; count++) client.send('nope', {}, `n-${count}`);
    const refused = await client.next('error', ({ payload }) => payload.code === 'RATE_LIMITED');
    expect(refused.requestId).toMatch(/^n-\d+$/);
    expect(refused.payload.retryAfterMs).toBeGreaterThanOrEqual(100);
    await delay(refused.payload.retryAfterMs);
    expect(await client.ask('nope', {})).toMatchObject({ payload: { code: 'UNKNOWN_EVENT' } });
    client.close();
  } finally {
    await brief.close();
  }
});

test('a burst of 3,000 frames is answered in order, each', async () => {
  const client = await openClient(system.url);
  for (let count = 0; count < 3_000; count++) client.send('nope', {}, `n-${count}`);
  await eventually(() => expect(client.of('error')).toHaveLength(3_000));
  expect(client.of('error').map(({ requestId }) => requestId)).toEqual(
    Array.from({ length: 3_000 }, (_, count) => `n-${count}`),
  );
  client.close();
});

test('a frame above 64 KiB is told by 1009, a monstrous one cut', async () => {
  const [client, monster] = [await openClient(system.url), await openClient(system.url)];
  client.raw('x'.repeat(64 * 1024));
  await client.settled();
  client.raw('x'.repeat(64 * 1024 + 1));
  expect(await client.closed()).toBe(1009);
  monster.raw('x'.repeat(1024 * 1024));
  expect(await monster.closed()).toBe(1006);
});

test('a frame that is nested too deeply is an invalid message, and the socket stays usable', async () => {
  const client = await openClient(system.url);
  client.raw(`{"type":"x","payload":${'['.repeat(30_000)}${']'.repeat(30_000)}}`);
  expect((await client.next('error')).payload.code).toBe('INVALID_MESSAGE');
  await client.settled();
  client.close();
});

test('who reads too slowly is closed with 4100 and can be told so', async () => {
  const [ann, bob] = [await system.person('ann'), await system.person('bob')];
  const roomId = await system.room(ann, bob);
  const [slow, fast] = [await system.signIn(bob, roomId), await system.signIn(bob, roomId)];
  slow.socket.pause();
  const content = 'x'.repeat(5_000);
  const wave = () =>
    Promise.all(
      Array.from({ length: 200 }, () =>
        system.commands.messages.send({ senderId: ann.userId, roomId, content, type: 'TEXT' }),
      ),
    );
  // Kernel buffers take some megabytes first.
  for (let count = 0; count < 12; count++) {
    await wave();
    await fast.settled(); // however busy this process is, one of them keeps up
  }
  slow.socket.resume();
  expect(await slow.closed(15_000)).toBe(4100);
  expect(fast.closeCode()).toBeUndefined();
  fast.close();
});

test('at its expiry a token is told, and the socket closed with 4201 unless it authenticates again', async () => {
  // A token counts whole seconds: less than two may be none.
  const brief = await startGateway(testServers().natsUrl, { limits, accessExpiryMs: 3_000 });
  try {
    const [ann, bob] = [await brief.person('ann'), await brief.person('bob')];
    const [forgetful, careful] = [await brief.signIn(ann), await brief.signIn(bob)];
    for (const client of [forgetful, careful]) {
      expect((await client.next('token:expired')).payload).toEqual({ closesInMs: limits.expiryGraceMs });
    }
    const { tokens } = await brief.commands.accounts.login({
      email: `${bob.username}@example.org`,
      password: 'correct horse',
    });
    expect(await careful.ask('authenticate', { token: tokens.accessToken })).toMatchObject({ type: 'authenticated' });
    expect(await forgetful.closed()).toBe(4201);
    expect(careful.closeCode()).toBeUndefined();
    careful.close();
  } finally {
    await brief.close();
  }
});

test('a gateway that closes tells its clients to come back', async () => {
  const brief = await startGateway(testServers().natsUrl);
  const client = await brief.signIn(await brief.person('ann'));
  await brief.close();
  expect(await client.closed()).toBe(1012);
  await expect(openClient(brief.url)).rejects.toThrow();
});
