import { eventually } from '@kuraxx/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type System, startSystem } from './system.fixture.ts';

let system: System;
let ann: Awaited<ReturnType<System['register']>>;
let roomId: string;
beforeAll(async () => {
  system = await startSystem();
  ann = await system.register('ann');
  roomId = (await system.createRoom(ann.token, { name: 'Storm' })).id;
});
afterAll(() => system?.close());

const working = () =>
  eventually(
    async () => {
      const answer = await system.send('GET', `/messages/history?roomId=${roomId}`, { token: ann.token });
      return answer.status === 200;
    },
    { timeoutMs: 20_000 },
  );

test('with Postgres away people still log in and send; lists say 503', async () => {
  system.postgres.cut();
  try {
    const login = { email: ann.email, password: ann.password };
    expect((await system.send('POST', '/auth/login', { body: login })).status).toBe(200);
    expect((await system.send('GET', '/auth/me', { token: ann.token })).status).toBe(200);
    await system.say(ann.token, roomId, 'still here');
    await system.createRoom(ann.token, { name: 'without a read model' });
    const refused = await system.refused(503, 'SERVICE_UNAVAILABLE', 'GET', '/rooms/list', { token: ann.token });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  } finally {
    system.postgres.resume();
  }
  await working();
  const { body } = await system.send('GET', `/messages/history?roomId=${roomId}`, { token: ann.token });
  expect(JSON.stringify(body)).toContain('still here');
});

test.each(['cut', 'pause'] as const)('with the log away (%s) a send says 503 within five seconds', async (how) => {
  system.nats[how]();
  try {
    const began = Date.now();
    const body = { roomId, content: 'lost?' };
    const refused = await system.refused(503, 'SERVICE_UNAVAILABLE', 'POST', '/messages/send', {
      token: ann.token,
      body,
    });
    expect(Date.now() - began).toBeLessThan(5_000);
    expect(refused.headers.get('retry-after')).not.toBeNull();
  } finally {
    system.nats.resume();
  }
  await eventually(
    async () => {
      const body = { roomId, content: 'back' };
      return (await system.send('POST', '/messages/send', { token: ann.token, body })).status === 201;
    },
    { timeoutMs: 20_000 },
  );
});

test('it stops when asked to, with code 0', async () => {
  const [api] = system.apis;
  expect(await api?.service.stop()).toBe(0);
});
