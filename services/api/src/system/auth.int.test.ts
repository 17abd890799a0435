import { apiContract } from '@kuraxx/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exactly } from './client.fixture.ts';
import { type System, startSystem } from './system.fixture.ts';

const { auth, users } = apiContract;
let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system?.close());

test('a registration shows the new user, offline, and tokens for fifteen minutes', async () => {
  const { send } = system;
  const body = { email: 'Mira@Example.org', username: 'mira_k', password: 'correct horse', displayName: 'Mira' };
  const answer = await send('POST', '/auth/register', { body });
  expect(answer.status).toBe(201);
  const { user, expiresIn } = exactly(auth.register.responses[201], answer).data;
  expect(user).toMatchObject({ username: 'mira_k', displayName: 'Mira', isOnline: false, lastSeenAt: null });
  expect(expiresIn).toBe(900_000);
  expect(answer.headers.get('kuraxx-position')).toMatch(/^[a-z0-9]+\.accounts\.\d+$/);
});

test('names are taken once, whatever their case; without a display name there is the username', async () => {
  const { send, refused } = system;
  const body = { email: 'nell@example.org', username: 'nell_b', password: 'correct horse', displayName: '' };
  const { user } = exactly(auth.register.responses[201], await send('POST', '/auth/register', { body })).data;
  expect(user.displayName).toBe('nell_b');
  const again = (change: object) => ({ body: { ...body, ...change } });
  await refused(409, 'AUTH_USER_EXISTS', 'POST', '/auth/register', again({ username: 'other_n' }));
  await refused(
    409,
    'AUTH_USER_EXISTS',
    'POST',
    '/auth/register',
    again({ email: 'o@example.org', username: 'NELL_b' }),
  );
});

test('a login shows the user online, to others at once; a logout offline, with the time', async () => {
  const { send, register, refused } = system;
  const [ann, bob] = [await register('ann'), await register('bob')];
  const answer = await send('POST', '/auth/login', { body: { email: ann.email, password: ann.password } });
  expect(answer.status).toBe(200);
  const { user, accessToken: token } = exactly(auth.login.responses[200], answer).data;
  expect(user).toMatchObject({ id: ann.id, isOnline: true });
  const seen = async () =>
    exactly(users.get.responses[200], await send('GET', `/users/${ann.id}`, { token: bob.token })).data.user;
  expect(await seen()).toMatchObject({ isOnline: true });
  const out = await send('POST', '/auth/logout', { token });
  expect(out.status).toBe(200);
  exactly(auth.logout.responses[200], out);
  expect(await seen()).toMatchObject({ isOnline: false, lastSeenAt: expect.any(String) });
  await refused(401, 'AUTH_TOKEN_INVALID', 'POST', '/auth/refresh', { body: { refreshToken: ann.refreshToken } });
});

test('a wrong password and an unknown e-mail are refused alike', async () => {
  const { register, refused } = system;
  const { email } = await register();
  const wrong = await refused(401, 'AUTH_INVALID_CREDENTIALS', 'POST', '/auth/login', {
    body: { email, password: 'x' },
  });
  const nobody = { email: 'nobody@example.org', password: 'x' };
  const unknown = await refused(401, 'AUTH_INVALID_CREDENTIALS', 'POST', '/auth/login', { body: nobody });
  expect(unknown.body).toEqual(wrong.body);
});

test('a refresh token is traded once, and is no access token', async () => {
  const { send, register, refused } = system;
  const { refreshToken } = await register();
  await refused(401, 'AUTH_TOKEN_INVALID', 'GET', '/auth/me', { token: refreshToken });
  const answer = await send('POST', '/auth/refresh', { body: { refreshToken } });
  expect(answer.status).toBe(200);
  const { accessToken } = exactly(auth.refresh.responses[200], answer).data;
  await refused(401, 'AUTH_TOKEN_INVALID', 'POST', '/auth/refresh', { body: { refreshToken } });
  await refused(401, 'AUTH_TOKEN_INVALID', 'POST', '/auth/refresh', { body: { refreshToken: accessToken } });
  await refused(400, 'VALIDATION_ERROR', 'POST', '/auth/refresh', { body: { refreshToken: '' } });
});

test('GET /auth/me shows the caller with the e-mail as typed', async () => {
  const { send, register, refused } = system;
  const ann = await register('ann');
  const answer = await send('GET', '/auth/me', { token: ann.token });
  expect(answer.status).toBe(200);
  expect(exactly(auth.me.responses[200], answer).data.user).toMatchObject({ id: ann.id, email: ann.email });
  await refused(401, 'AUTH_UNAUTHORIZED', 'GET', '/auth/me');
  await refused(401, 'AUTH_TOKEN_INVALID', 'GET', '/auth/me', { token: 'garbage' });
});
