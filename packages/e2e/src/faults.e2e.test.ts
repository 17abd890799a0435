import { eventually, freshNats, freshPostgres, freshRedis } from '@kuraxx/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPerson, createRoom, expectStatus, type Person, send, signInAgain } from './person.fixture.ts';
import { hearChannels } from './redis.fixture.ts';
import { openSignedIn } from './socket.fixture.ts';
import { type System, startTestSystem } from './system.fixture.ts';

let nats: Awaited<ReturnType<typeof freshNats>>;
let postgres: Awaited<ReturnType<typeof freshPostgres>>;
let redis: Awaited<ReturnType<typeof freshRedis>>;
let system: System;
let ann: Person;
let bob: Person;
let roomId: string;

beforeAll(async () => {
  [nats, postgres, redis] = await Promise.all([freshNats(), freshPostgres(), freshRedis()]);
  system = await startTestSystem({ env: { NATS_URL: nats.url, DATABASE_URL: postgres.url, REDIS_URL: redis.url } });
  ann = await createPerson(system.apiUrl, 'ann');
  bob = await createPerson(system.apiUrl, 'bob');
  roomId = await createRoom(ann, bob);
}, 300_000);

afterAll(async () => {
  await system?.stop();
  await Promise.all([nats?.stop(), postgres?.stop(), redis?.stop()]);
});

const contents = async () => {
  const history = expectStatus(await ann.api.messages.history({ query: { roomId, limit: 100 } }), 200);
  return history.body.data.messages.map((message) => message.content);
};

test('with Postgres stopped people log in, join, send and receive; history says 503; all is there later', async () => {
  await postgres.stop();
  const socket = await openSignedIn(system.wsUrl, (await signInAgain(system.apiUrl, bob)).token, roomId);
  const byRest = await send(ann, roomId, 'without a database');
  await socket.next('message:saved', (frame) => frame.payload.message.id === byRest.id);
  socket.send('message:new', { roomId, content: 'me too', tempId: 'legacy-1' });
  await socket.next('message:saved', (frame) => frame.payload.tempId === 'legacy-1');
  expect(expectStatus(await ann.api.messages.history({ query: { roomId } }), 503).body.error.code).toBe(
    'SERVICE_UNAVAILABLE',
  );
  expectStatus(await ann.api.rooms.list({ query: {} }), 503);
  await postgres.restart();
  await eventually(
    async () => expect(await contents()).toEqual(expect.arrayContaining(['me too', 'without a database'])),
    {
      timeoutMs: 30_000,
    },
  );
  socket.close();
});

test('with Redis stopped nothing but the mirror waits, and it catches up in order', async () => {
  await redis.stop();
  const socket = await openSignedIn(system.wsUrl, bob.token, roomId);
  const texts = Array.from({ length: 20 }, (_, index) => `unmirrored ${index}`);
  for (const text of texts) await send(ann, roomId, text);
  await socket.next('message:saved', (frame) => frame.payload.message.content === 'unmirrored 19');
  await redis.restart();
  const channels = await hearChannels(redis.url);
  await send(ann, roomId, 'after redis');
  await channels.next('messages:saved', 'after redis');
  channels.close();
  socket.close();
});

test('with NATS stopped sends are refused within 5 s, readiness names it, and everything resumes when it is back', async () => {
  const socket = await openSignedIn(system.wsUrl, bob.token, roomId);
  await nats.stop();
  const asked = Date.now();
  expectStatus(await ann.api.messages.send({ body: { roomId, content: 'lost?' } }), 503);
  socket.send('message:new', { roomId, content: 'lost too?' }, 'away');
  const refused = await socket.next('error', (frame) => frame.requestId === 'away');
  expect(refused.payload.code).toBe('SERVICE_UNAVAILABLE');
  expect(Date.now() - asked).toBeLessThan(10_000); // two bounds of 5 s, one after the other
  for (const name of ['api', 'gateway', 'projector', 'bridge']) {
    const readiness = await fetch(`${system.operations[name]}/readyz`);
    expect([readiness.status, await readiness.text()]).toEqual([
      503,
      expect.stringContaining('nats: the connection is lost'),
    ]);
  }
  await nats.restart();
  await eventually(() => send(ann, roomId, 'back again'), { timeoutMs: 30_000 });
  await socket.next('message:saved', (frame) => frame.payload.message.content === 'back again', 30_000);
  await eventually(async () => expect(await contents()).toContain('back again'), { timeoutMs: 30_000 });
  socket.close();
});

test.each(['api', 'gateway', 'projector', 'bridge'] as const)(
  'kill -9 of the %s loses and doubles nothing',
  async (name) => {
    const channels = await hearChannels(redis.url);
    const acknowledged: string[] = [];
    let round = 0;
    let killed = false;
    while (round < 40) {
      const tempId = `${name}-${round}`;
      const body = { roomId, content: tempId, tempId };
      // the client's part: the same send again until it is acknowledged
      await eventually(async () => expectStatus(await ann.api.messages.send({ body }), 201), { timeoutMs: 30_000 });
      acknowledged.push(tempId);
      if (round === 15 && !killed) {
        killed = true;
        await system.kill(name);
      }
      round++;
    }
    await eventually(
      async () => {
        const stored = (await contents()).filter((content) => content.startsWith(`${name}-`));
        expect(stored.toReversed()).toEqual(acknowledged);
      },
      { timeoutMs: 30_000 },
    );
    await channels.next('messages:saved', `"${name}-39"`);
    const mirrored = channels.heard.filter((one) => one.channel === 'messages:saved').map((one) => one.text);
    for (const tempId of acknowledged) expect(mirrored.some((text) => text.includes(`"${tempId}"`))).toBe(true);
    channels.close();
    await eventually(async () => (await openSignedIn(system.wsUrl, bob.token, roomId)).close(), { timeoutMs: 30_000 });
  },
  120_000,
);
