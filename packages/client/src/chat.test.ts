import { expect, test } from 'vitest';
import { createChat } from './chat.ts';
import type { Socket } from './runner.ts';

/** A gateway that is never reached. */
class NoSocket implements Socket {
  onopen = null;
  onmessage = null;
  onclose = null;
  onerror = null;
  binaryType = 'arraybuffer';
  readonly protocol = '';
  send(): void {}
  close(): void {}
}

const tokens = (name: string) => ({
  accessToken: `${name}-access`,
  refreshToken: `${name}-refresh`,
  expiresIn: 900_000,
});
const ok = (data: object): Response => Response.json({ success: true, data });
const refused = (): Response =>
  Response.json({ success: false, error: { code: 'AUTH_TOKEN_INVALID', message: 'no' } }, { status: 401 });

/** Signed in; the session ends on the server with the change of the password, whose answer is let through by the test. */
const changing = async () => {
  let answer = (): void => {};
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const unsent = { tempId: 't', roomId: 'r', senderId: 'u', content: 'hi', type: 'TEXT' } as const;
  const chat = createChat({
    WebSocket: NoSocket,
    outbox: { read: async () => [unsent], put: async () => {}, remove: async () => {} },
    async fetch(input, init) {
      const { url, headers } = new Request(input, init);
      const path = new URL(url).pathname;
      if (path === '/auth/login') return ok({ user: { id: 'u', username: 'ann' }, ...tokens('old') });
      if (path === '/auth/logout') return ok({});
      if (path === '/auth/password') {
        await answered;
        return ok(tokens('new'));
      }
      return headers.get('authorization') === 'Bearer new-access' ? ok({ rooms: [] }) : refused();
    },
  });
  await chat.signIn({ email: 'ann@example.org', password: 'p' });
  const change = chat.rest.auth.changePassword({ body: { currentPassword: 'p', newPassword: 'q' } });
  return { chat, change, answer };
};

test('who changes the password goes on, also when the end of the old session is heard long before the answer', async () => {
  const { chat, change, answer } = await changing();
  await expect(chat.rest.rooms.list()).rejects.toThrow();
  expect(chat.user()).toBeUndefined();
  expect(chat.pending()).toEqual([]);
  answer();
  await change;
  expect(chat.user()).toEqual({ id: 'u', username: 'ann' });
  expect(chat.pending()).toMatchObject([{ tempId: 't' }]); // what was not sent goes on waiting, as after any sign-in
  expect(await chat.rest.rooms.list()).toMatchObject({ rooms: [] });
  chat.close();
});

test('who signs out meanwhile stays signed out', async () => {
  const { chat, change, answer } = await changing();
  await chat.signOut();
  answer();
  await change;
  expect(chat.user()).toBeUndefined();
  chat.close();
});

test('two sends of one name are one message', async () => {
  const { chat } = await changing();
  const room = chat.room('r');
  const send = () => room.send('hi', { tempId: 'twice' });
  const both = [send(), send()];
  expect(chat.pending('r').filter(({ tempId }) => tempId === 'twice')).toHaveLength(1);
  await chat.signOut();
  expect((await Promise.allSettled(both)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  chat.close();
});

test('closing a chat ends the loops over its rooms', async () => {
  const { chat } = await changing();
  const came: unknown[] = [];
  const loop = (async () => {
    for await (const event of chat.room('r')) came.push(event);
  })();
  chat.close();
  await loop;
  expect(came.at(-1)).toEqual({ type: 'over', reason: 'closed' });
});
