import { afterAll, beforeAll, expect, test } from 'vitest';
import { callerId, startApp } from './app.fixture.ts';

const id = '11ab22cd-33ef-4a55-8b66-77cc88dd99ee';
let app: Awaited<ReturnType<typeof startApp>>;

beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const json = (value: unknown) => ({ body: JSON.stringify(value), headers: { 'content-type': 'application/json' } });

test.each([
  ['GET', '/rooms/list', 'GET /rooms/list'],
  ['GET', '/rooms/discover', 'GET /rooms/discover'],
  ['GET', `/rooms/${id}`, 'GET /rooms/:id'],
  ['GET', '/users/search?query=a', 'GET /users/search'],
  ['GET', `/users/${id}`, 'GET /users/:id'],
  ['PATCH', '/users/me', 'PATCH /users/me'],
  ['GET', `/messages/history?roomId=${id}`, 'GET /messages/history'],
  ['GET', `/messages/${id}`, 'GET /messages/:id'],
  ['DELETE', `/rooms/${id}/members/${id}`, 'DELETE /rooms/:id/members/:userId'],
])('%s %s goes to %s, also under /api', async (method, path, route) => {
  expect((await app.send(method, path)).body.data.route).toBe(route);
  expect((await app.send(method, `/api${path}`)).body.data.route).toBe(route);
});

test('a handler gets what the contract parsed, and who calls', async () => {
  const { status, headers, body } = await app.send('POST', '/rooms/create', json({ name: 'x', isAdmin: true }));
  expect(status).toBe(201);
  expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(body).toEqual({
    success: true,
    data: { route: 'POST /rooms/create', body: { name: 'x', type: 'PUBLIC' }, address: '127.0.0.1', by: callerId },
  });
});

test('a form is read as well, names that come twice as lists', async () => {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const { body } = await app.send('POST', '/rooms/create', { body: 'name=a+b%20c&topics=x&topics=y', headers });
  expect(body.data.body).toEqual({ name: 'a b c', type: 'PUBLIC', topics: ['x', 'y'] });
});

test.each(['POST', 'DELETE'])('a %s without a body counts as {}', async (method) => {
  const path = method === 'POST' ? `/rooms/${id}/leave` : `/rooms/${id}`;
  expect((await app.send(method, path)).status).toBe(200);
});

test('GET /health is plain, and only at the root', async () => {
  const { status, body } = await app.send('GET', '/health');
  expect(status).toBe(200);
  expect(body).toEqual({ status: 'ok', timestamp: expect.stringMatching(/^\d{4}-.*Z$/), service: 'api-service' });
  expect((await app.send('GET', '/api/health')).status).toBe(404);
});

test('an origin from the configuration may call with credentials, another not', async () => {
  const preflight = (origin: string) =>
    app.send('OPTIONS', '/auth/login', { headers: { origin, 'access-control-request-method': 'POST' } });
  const allowed = await preflight('http://localhost:3000');
  expect(allowed.status).toBe(204);
  expect(allowed.headers.get('access-control-allow-origin')).toBe('http://localhost:3000');
  expect(allowed.headers.get('access-control-allow-credentials')).toBe('true');
  expect((await preflight('http://evil.example')).headers.get('access-control-allow-origin')).toBeNull();
});

test('an unforeseen error is answered with the generic text, and its stack is logged', async () => {
  const broken = await startApp({
    handlers: {
      stats: {
        get: async () => {
          throw new Error('the secret is 42');
        },
      },
    },
  });
  try {
    const { status, body } = await broken.send('GET', '/stats');
    expect(status).toBe(500);
    expect(body).toEqual({ success: false, error: { code: 'INTERNAL_ERROR', message: 'Internal server error' } });
    expect(broken.logged.join('')).toContain('the secret is 42');
  } finally {
    await broken.close();
  }
});

test('a request under way is answered when the server stops', async () => {
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let entered = (): void => undefined;
  const inside = new Promise<void>((resolve) => {
    entered = resolve;
  });
  const stopping = await startApp({
    handlers: {
      stats: {
        get: async () => {
          entered();
          await held;
          return { data: {} };
        },
      },
    },
  });
  const answer = stopping.send('GET', '/stats');
  await inside;
  const closed = stopping.close();
  release();
  expect((await answer).status).toBe(200);
  await closed;
  await expect(stopping.send('GET', '/health')).rejects.toThrow();
});

test('while the server is about to stop it answers, and lets no connection go on', async () => {
  let isStopping = false;
  const app = await startApp({ isStopping: () => isStopping });
  const before = (await app.send('GET', '/health')).headers;
  expect([before.get('connection'), before.get('keep-alive')]).toEqual(['keep-alive', 'timeout=65']);
  isStopping = true;
  const { status, headers } = await app.send('GET', '/stats');
  expect([status, headers.get('connection')]).toEqual([200, 'close']);
  expect(await app.send('GET', '/health')).toMatchObject({ status: 503, body: { status: 'draining' } });
  await app.close();
});
