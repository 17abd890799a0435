import { apiContract } from '@kuraxx/contracts';
import { nameless, noticeText } from '@kuraxx/domain';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { exactly } from './client.fixture.ts';
import { type System, startSystem } from './system.fixture.ts';

const { auth, users, rooms, messages } = apiContract;
let system: System;
beforeAll(async () => {
  system = await startSystem({ apis: 2 });
});
afterAll(() => system?.close());

type Person = Awaited<ReturnType<System['register']>>;
const password = 'correct horse';
const newPassword = 'fresh battery';

const deleteAccount = (who: Person) => system.send('DELETE', '/users/me', { token: who.token, body: { password } });
const join = (who: Person, roomId: string) => system.send('POST', `/rooms/${roomId}/join`, { token: who.token });
const membersOf = async (token: string, roomId: string) =>
  exactly(
    rooms.members.responses[200],
    await system.send('GET', `/rooms/${roomId}/members`, { token }),
  ).data.members.map(({ userId, role }) => [userId, role]);

describe('changing the password', () => {
  const change = (who: Person, body: object) => system.send('POST', '/auth/password', { token: who.token, body });

  test('signs out everywhere but here, on every api, and only the new password counts', async () => {
    const ann = await system.register('ann');
    const { email } = ann;
    const other = exactly(
      auth.login.responses[200],
      await system.send('POST', '/auth/login', { body: { email, password } }),
    ).data;
    const answer = await change(ann, { currentPassword: password, newPassword });
    expect(answer.status).toBe(200);
    const fresh = exactly(auth.changePassword.responses[200], answer).data;
    for (const api of system.apis) {
      for (const { accessToken, refreshToken } of [{ ...ann, accessToken: ann.token }, other]) {
        await api.refused(401, 'AUTH_TOKEN_INVALID', 'GET', '/auth/me', { token: accessToken });
        await api.refused(401, 'AUTH_TOKEN_INVALID', 'POST', '/auth/refresh', { body: { refreshToken } });
      }
      expect((await api.send('GET', '/auth/me', { token: fresh.accessToken })).status).toBe(200);
      const old = { body: { email, password } };
      await api.refused(401, 'AUTH_INVALID_CREDENTIALS', 'POST', '/auth/login', old);
      expect((await api.send('POST', '/auth/login', { body: { email, password: newPassword } })).status).toBe(200);
    }
    const traded = await system.send('POST', '/auth/refresh', { body: { refreshToken: fresh.refreshToken } });
    expect(traded.status).toBe(200);
  });

  test('needs the current one, and a new one that is good enough', async () => {
    const ann = await system.register('ann');
    const wrong = { currentPassword: 'wrong horse', newPassword };
    await system.refused(401, 'AUTH_INVALID_CREDENTIALS', 'POST', '/auth/password', { token: ann.token, body: wrong });
    const short = { currentPassword: password, newPassword: 'short' };
    await system.refused(400, 'VALIDATION_ERROR', 'POST', '/auth/password', { token: ann.token, body: short });
    await system.refused(401, 'AUTH_UNAUTHORIZED', 'POST', '/auth/password', { body: wrong });
    expect((await system.send('GET', '/auth/me', { token: ann.token })).status).toBe(200);
  });

  test('of parallel changes from one password one wins', async () => {
    const ann = await system.register('ann');
    const changes = await Promise.all(
      ['first one', 'second one', 'third one'].map((next) =>
        change(ann, { currentPassword: password, newPassword: next }),
      ),
    );
    expect(changes.map(({ status }) => status).toSorted()).toEqual([200, 401, 401]);
    const winner = changes.find(({ status }) => status === 200);
    const { accessToken: token } = z.object({ data: z.object({ accessToken: z.string() }) }).parse(winner?.body).data;
    expect((await system.send('GET', '/auth/me', { token })).status).toBe(200);
  });
});

describe('deleting an account', () => {
  test('needs the password', async () => {
    const ann = await system.register('ann');
    const wrong = { token: ann.token, body: { password: 'wrong horse' } };
    await system.refused(401, 'AUTH_INVALID_CREDENTIALS', 'DELETE', '/users/me', wrong);
    await system.refused(400, 'VALIDATION_ERROR', 'DELETE', '/users/me', { token: ann.token });
    expect((await system.send('GET', '/auth/me', { token: ann.token })).status).toBe(200);
  });

  test('leaves nothing of the person but what they wrote, under a sender without a name', async () => {
    const [ann, bob] = [await system.register('annabel'), await system.register('bob')];
    const room = await system.createRoom(bob.token);
    await join(ann, room.id);
    const said = await system.say(ann.token, room.id, 'ahoy');
    const statsOf = async () =>
      exactly(apiContract.stats.get.responses[200], await system.send('GET', '/stats', { token: bob.token })).data;
    const before = await statsOf();
    expect((await deleteAccount(ann)).status).toBe(200);

    for (const api of system.apis) {
      await api.refused(401, 'AUTH_UNAUTHORIZED', 'GET', '/auth/me', { token: ann.token });
      await api.refused(404, 'AUTH_USER_NOT_FOUND', 'GET', `/users/${ann.id}`, { token: bob.token });
      const { email, refreshToken } = ann;
      await api.refused(401, 'AUTH_INVALID_CREDENTIALS', 'POST', '/auth/login', { body: { email, password } });
      await api.refused(401, 'AUTH_TOKEN_INVALID', 'POST', '/auth/refresh', { body: { refreshToken } });
    }
    const search = await system.send('GET', '/users/search?query=annabel', { token: bob.token });
    expect(exactly(users.search.responses[200], search).data.users).toEqual([]);
    expect(await membersOf(bob.token, room.id)).toEqual([[bob.id, 'OWNER']]);
    expect(await statsOf()).toMatchObject({ totalUsers: before.totalUsers - 1, messagesTotal: before.messagesTotal });
    const history = await system.send('GET', `/messages/history?roomId=${room.id}`, { token: bob.token });
    const sender = { id: ann.id, ...nameless, isOnline: false, lastSeenAt: null };
    expect(exactly(messages.history.responses[200], history).data.messages).toMatchObject([
      { id: said.id, content: 'ahoy', sender },
      { content: noticeText(nameless.displayName, 'joined'), sender },
    ]);
    const found = await system.send('GET', `/messages/${said.id}`, { token: bob.token });
    expect(JSON.stringify([history.body, found.body])).not.toContain('annabel');
  });

  test('frees both names at once', async () => {
    const ann = await system.register('ann');
    expect((await deleteAccount(ann)).status).toBe(200);
    for (const api of system.apis.slice(1)) {
      const body = { email: ann.email.toUpperCase(), username: ann.username.toUpperCase(), password };
      const answer = await api.send('POST', '/auth/register', { body });
      expect(answer.status).toBe(201);
      expect(exactly(auth.register.responses[201], answer).data.user.id).not.toBe(ann.id);
    }
  });

  test('hands rooms to the longest-serving admin, else member, and takes along what is empty', async () => {
    const [ann, bob, cid] = [await system.register('ann'), await system.register('bob'), await system.register('cid')];
    const [withAdmin, withMembers, alone] = [
      await system.createRoom(ann.token),
      await system.createRoom(ann.token),
      await system.createRoom(ann.token),
    ];
    for (const { id } of [withAdmin, withMembers]) for (const one of [bob, cid]) await join(one, id);
    const promote = { token: ann.token, body: { role: 'ADMIN' } };
    await system.send('PATCH', `/rooms/${withAdmin.id}/members/${cid.id}`, promote);
    expect((await deleteAccount(ann)).status).toBe(200);
    expect(await membersOf(bob.token, withAdmin.id)).toEqual([
      [bob.id, 'MEMBER'],
      [cid.id, 'OWNER'],
    ]);
    expect(await membersOf(bob.token, withMembers.id)).toEqual([
      [bob.id, 'OWNER'],
      [cid.id, 'MEMBER'],
    ]);
    const gone = await system.send('POST', `/rooms/${alone.id}/join`, { token: bob.token });
    expect(gone.status).toBe(404);
  });

  test('twice at once is once', async () => {
    const ann = await system.register('ann');
    const statuses = (await Promise.all([deleteAccount(ann), deleteAccount(ann)])).map(({ status }) => status);
    expect(statuses).toContain(200);
    expect([200, 401]).toEqual(expect.arrayContaining(statuses));
  });
});
