import { randomUUID } from 'node:crypto';
import { eventually, testServers } from '@kuraxx/testing';
import { Registry } from 'prom-client';
import { afterEach, expect, test } from 'vitest';
import { startGateway, type TestGateway } from './gateway.fixture.ts';
import type { Limits } from './limits.ts';
import { showMetrics } from './metrics.ts';
import { openRawSocket } from './raw-socket.fixture.ts';

const open: TestGateway[] = [];
afterEach(async () => {
  for (const system of open.splice(0)) await system.close();
});

const start = async (limits: Partial<Limits>) => {
  const system = await startGateway(testServers().natsUrl, { limits });
  open.push(system);
  const registry = new Registry();
  showMetrics(registry, system.gateway);
  return { system, figures: async () => (await registry.metrics()).split('\n') };
};

test('what sockets do is counted: frames, refusals, sends, repetitions, deliveries, resumes by source, closes', async () => {
  const { system, figures } = await start({ tailFrames: 2 });
  const [ann, bob] = await Promise.all([system.person('ann'), system.person('bob')]);
  const roomId = await system.room(ann, bob);
  const annSocket = await system.signIn(ann, roomId);
  const bobSocket = await system.signIn(bob, roomId);
  await annSocket.next('room:join', ({ payload }) => 'userId' in payload && payload.userId === bob.userId);
  expect(await figures()).toEqual(
    expect.arrayContaining([
      'kuraxx_gateway_sockets 2',
      'kuraxx_gateway_authenticated_sockets 2',
      'kuraxx_gateway_joined_rooms 2',
      'kuraxx_gateway_followed_rooms 1',
      'kuraxx_gateway_unsent_bytes 0',
    ]),
  );

  const { deliveries } = system.gateway.counts;
  const tempId = randomUUID();
  const positions: string[] = [];
  for (const content of ['one', 'two', 'three', 'four']) {
    const frame = { roomId, content, ...(content === 'four' ? { tempId } : {}) };
    annSocket.send('message:new', frame);
    const { position } = await bobSocket.next('message:saved', ({ payload }) => payload.message.content === content);
    positions.push(String(position));
  }
  expect(system.gateway.counts.deliveries - deliveries).toBe(8);
  await annSocket.ask('message:new', { roomId, content: 'four', tempId });
  await annSocket.ask('room:join', { roomId: randomUUID() });
  bobSocket.send('no such frame', {});
  await bobSocket.ask('room:join', { roomId, since: positions[2] });
  await bobSocket.ask('room:join', { roomId, since: positions[0] });
  await bobSocket.ask('room:join', { roomId, since: `another${positions[0]}` });
  annSocket.socket.close(1000);
  await eventually(() => expect(system.gateway.load().sockets).toBe(1));
  expect(await figures()).toEqual(
    expect.arrayContaining([
      'kuraxx_gateway_frames_total{type="message:new"} 5',
      'kuraxx_gateway_frames_total{type="invalid"} 1',
      'kuraxx_gateway_refused_frames_total{type="room:join",code="NOT_IN_ROOM"} 1',
      'kuraxx_gateway_refused_frames_total{type="invalid",code="UNKNOWN_EVENT"} 1',
      'kuraxx_gateway_sends_total{outcome="stored"} 4',
      'kuraxx_gateway_sends_total{outcome="repeated"} 1',
      'kuraxx_gateway_event_frames_total 4',
      'kuraxx_gateway_replayed_total 4',
      'kuraxx_gateway_resumes_total{source="memory"} 1',
      'kuraxx_gateway_resumes_total{source="log"} 1',
      'kuraxx_gateway_resumes_total{source="reset"} 1',
      'kuraxx_gateway_closes_total{code="1000"} 1',
      'kuraxx_gateway_dropped_total 0',
    ]),
  );
});

test('a frame that a socket never gets is counted as dropped', async () => {
  // past our own bounds, which cut a reader long before
  const unbounded = Number.MAX_SAFE_INTEGER;
  const { system, figures } = await start({ maxUnsentBytes: unbounded, allUnsentBytes: unbounded });
  const [ann, bob] = await Promise.all([system.person('ann'), system.person('bob')]);
  const roomId = await system.room(ann, bob);
  const stopped = await openRawSocket(system.url);
  stopped.send('authenticate', { token: bob.token });
  await stopped.until('"authenticated"');
  stopped.send('room:join', { roomId });
  await stopped.until('"success":true');
  stopped.stopReading();
  const message = { senderId: ann.userId, roomId, content: 'x'.repeat(9_000), type: 'TEXT' } as const;
  for (let waves = 0; system.gateway.counts.dropped === 0; waves++) {
    expect(waves).toBeLessThan(100);
    await Promise.all(Array.from({ length: 100 }, () => system.commands.messages.send(message)));
  }
  expect((await figures()).find((line) => line.startsWith('kuraxx_gateway_dropped_total '))).not.toMatch(/ 0$/);
});
