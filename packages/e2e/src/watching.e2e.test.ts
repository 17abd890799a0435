import { randomBytes, randomUUID } from 'node:crypto';
import { eventually } from '@kuraxx/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type CollectedSpan, type Collector, startCollector } from './collector.fixture.ts';
import { clientOf, createPerson, createRoom, expectStatus, uniqueName } from './person.fixture.ts';
import { openSocket } from './socket.fixture.ts';
import { startTestSystem, type TestSystem } from './system.fixture.ts';

let collector: Collector;
let system: TestSystem;
beforeAll(async () => {
  collector = await startCollector();
  system = await startTestSystem({
    env: { LOG_LEVEL: 'trace', OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_BSP_SCHEDULE_DELAY: '100' },
  });
}, 300_000);
afterAll(async () => {
  await system.stop();
  await collector.close();
});

/** What nobody who reads logs or traces may see. */
const secret = (what: string): string => `${what}-${randomBytes(8).toString('hex')}`;
const said = { rest: secret('said-by-rest'), ws: secret('said-by-ws') };

const spanOf = (service: string, name: string, traceId: string): CollectedSpan => {
  const found = collector.spans.find(
    (span) => span.service === `kuraxx-${service}` && span.name === name && span.traceId === traceId,
  );
  if (found === undefined) throw new Error(`no ${name} of ${service} in ${traceId}`);
  return found;
};

/** Append, projection, fan-out and mirror of one message, in its trace and below its append. */
const expectTheWay = async (origin: string, traceId: string): Promise<CollectedSpan> =>
  eventually(
    () => {
      const append = spanOf(origin, 'append MessageSent', traceId);
      for (const [service, name] of [
        ['projector', 'project'],
        ['gateway', 'fan out'],
        ['redis-bridge', 'mirror'],
      ] as const) {
        expect(spanOf(service, name, traceId).parentSpanId).toBe(append.spanId);
      }
      return append;
    },
    { timeoutMs: 15_000 },
  );

test('one trace has a message from the request or the frame to the read model, the sockets and Redis', async () => {
  const ann = await createPerson(system.apiUrl, 'ann');
  const roomId = await createRoom(ann);
  const socket = await openSocket(system.wsUrl);
  socket.send('authenticate', { token: ann.token });
  await socket.next('authenticated');
  socket.send('room:join', { roomId });
  await socket.next('room:join', ({ payload }) => 'success' in payload);

  const traceId = randomBytes(16).toString('hex');
  const caller = randomBytes(8).toString('hex');
  const requestId = randomUUID();
  const answer = await fetch(`${system.apiUrl}/messages/send`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${ann.token}`,
      'content-type': 'application/json',
      traceparent: `00-${traceId}-${caller}-01`,
      'x-request-id': requestId,
    },
    body: JSON.stringify({ roomId, content: said.rest }),
  });
  expect(answer.status).toBe(201);
  expect(answer.headers.get('x-request-id')).toBe(requestId);
  const append = await expectTheWay('api', traceId);
  const request = spanOf('api', 'POST /messages/send', traceId);
  expect([append.parentSpanId, request.parentSpanId]).toEqual([request.spanId, caller]);

  const sent = collector.spans.length;
  socket.send('message:new', { roomId, content: said.ws }, requestId);
  await socket.next('message:saved', ({ payload }) => payload.message.content === said.ws);
  const frame = await eventually(
    () => {
      const found = collector.spans.slice(sent).find(({ name }) => name === 'ws message:new');
      if (found === undefined) throw new Error('no span of the frame');
      return found;
    },
    { timeoutMs: 15_000 },
  );
  expect((await expectTheWay('gateway', frame.traceId)).parentSpanId).toBe(frame.spanId);
  socket.close();
});

const line = z.looseObject({ level: z.number(), time: z.number(), msg: z.string(), name: z.string() });

test('logs and traces say nothing of what people write, nor of secrets, at any level', async () => {
  const [password, next, passcode] = [secret('password'), secret('next-password'), secret('passcode')];
  const [text, edited, invalid] = [secret('text'), secret('edited'), secret('invalid')];
  const username = uniqueName('eve');
  const email = `${username}@example.com`;
  const open = clientOf(system.apiUrl);
  const registered = expectStatus(await open.auth.register({ body: { email, username, password } }), 201).body.data;
  const api = clientOf(system.apiUrl, registered.accessToken);
  const refreshed = expectStatus(await open.auth.refresh({ body: { refreshToken: registered.refreshToken } }), 200).body
    .data;
  expectStatus(await open.auth.login({ body: { email, password: next } }), 401);
  const other = await createPerson(system.apiUrl, 'mallory');
  const room = expectStatus(await api.rooms.create({ body: { name: 'Crew', type: 'PRIVATE', passcode } }), 201);
  const roomId = room.body.data.room.id;
  await other.api.rooms.join({ params: { id: roomId }, body: { passcode: secret('passcode') } });
  expectStatus(await other.api.rooms.join({ params: { id: roomId }, body: { passcode } }), 200);
  const message = expectStatus(await api.messages.send({ body: { roomId, content: text } }), 201).body.data.message;
  expectStatus(await api.messages.edit({ params: { id: message.id }, body: { content: edited } }), 200);
  for (const body of [`{"content":"${invalid}"`, JSON.stringify({ roomId: invalid, content: invalid })]) {
    const headers = { authorization: `Bearer ${registered.accessToken}`, 'content-type': 'application/json' };
    expect((await fetch(`${system.apiUrl}/messages/send`, { method: 'POST', headers, body })).status).toBe(400);
  }
  const socket = await openSocket(system.wsUrl);
  socket.send('authenticate', { token: invalid });
  socket.send('authenticate', { token: refreshed.accessToken });
  await socket.next('authenticated');
  socket.send('room:join', { roomId });
  await socket.next('room:join', ({ payload }) => 'success' in payload);
  const requestId = randomUUID();
  socket.send('message:new', { roomId, content: text }, requestId);
  await socket.next('message:saved', ({ payload }) => payload.message.content === text);
  socket.sendRaw(`{"type":"message:new","payload":{"content":"${invalid}"`);
  socket.send('message:new', { roomId: invalid, content: invalid });
  await eventually(() => expect(socket.frames.filter(({ type }) => type === 'error')).toHaveLength(3));
  socket.close();

  const logs = await eventually(async () => {
    const all = await system.logs();
    // the way of a frame can be followed by its requestId
    expect(all['gateway.log']).toMatch(new RegExp(`"requestId":"${requestId}"[^\n]*"msg":"stored"`));
    expect(all['api.log']).toContain('"route":"/messages/send","status":201');
    return all;
  });
  const services = ['api.log', 'bridge.log', 'gateway.log', 'projector.log'];
  for (const name of services) {
    for (const text of (logs[name] ?? '').split('\n')) if (text !== '') line.parse(JSON.parse(text));
  }
  const everything = `${Object.values(logs).join('\n')}${collector.text()}`;
  const hidden = {
    ...said,
    password,
    next,
    passcode,
    text,
    edited,
    invalid,
    access: registered.accessToken,
    refresh: registered.refreshToken,
    later: refreshed.accessToken,
  };
  for (const [what, value] of Object.entries(hidden)) expect(everything.includes(value), what).toBe(false);
});
