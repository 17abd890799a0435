import { randomUUID } from 'node:crypto';
import { apiContract } from '@kuraxx/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exactly } from './client.fixture.ts';
import { type System, startSystem } from './system.fixture.ts';

const { users, stats } = apiContract;
let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system?.close());

test('users are found by a part of their names, in any case, without the caller', async () => {
  const { send, register, refused } = system;
  const [ann, zoe] = [await register('annalena'), await register('zoe_annal')];
  const search = async (query: string) =>
    exactly(users.search.responses[200], await send('GET', `/users/search?${query}`, { token: ann.token }));
  const found = await search('query=ANNAL&limit=5');
  expect(found.data.users.map(({ id }) => id)).toEqual([zoe.id]);
  expect(found.meta).toEqual({ page: 1, limit: 5, total: 1, totalPages: 1 });
  expect((await search('q=zoe_annal')).data.users).toHaveLength(1);
  expect(await search('query=%25_%25')).toMatchObject({ data: { users: [] }, meta: { total: 0, totalPages: 0 } });
  await refused(400, 'VALIDATION_ERROR', 'GET', '/users/search', { token: ann.token });
});

test('a profile is changed, and everybody sees it at once', async () => {
  const { send, register, refused } = system;
  const [ann, bob] = [await register('ann'), await register('bob')];
  const body = { displayName: 'Änn 🌊', avatarUrl: 'https://example.org/a.png' };
  const changed = await send('PATCH', '/users/me', { token: ann.token, body });
  expect(changed.status).toBe(200);
  expect(exactly(users.updateMe.responses[200], changed).data.user).toMatchObject({ ...body, email: ann.email });
  const seen = await send('GET', `/users/${ann.id}`, { token: bob.token });
  expect(exactly(users.get.responses[200], seen).data.user).toMatchObject(body);
  await refused(400, 'VALIDATION_ERROR', 'PATCH', '/users/me', { token: ann.token, body: { avatarUrl: 'x' } });
});

test('an unknown user is a 404', async () => {
  const { register, refused } = system;
  const { token } = await register();
  await refused(404, 'AUTH_USER_NOT_FOUND', 'GET', `/users/${randomUUID()}`, { token });
});

test('the figures count what was just written', async () => {
  const { send, register, createRoom, say } = system;
  const { token } = await register();
  const read = async () => exactly(stats.get.responses[200], await send('GET', '/stats', { token })).data;
  const before = await read();
  const room = await createRoom(token, { name: 'counted' });
  await say(token, room.id, 'one');
  expect(await read()).toMatchObject({
    totalUsers: before.totalUsers,
    totalRooms: before.totalRooms + 1,
    activeRooms: before.activeRooms + 1,
    messagesTotal: before.messagesTotal + 1,
    messagesToday: before.messagesToday + 1,
  });
});
