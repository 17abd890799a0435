import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Chat, type ChatOptions, createChat, memorySession, type OutboxStore, type Send } from '@kuraxx/client';
import { msgpack } from '@kuraxx/client/msgpack';
import { createTcpProxy, eventually } from '@kuraxx/testing';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Chatter, createChatter, hasty, openTo, watch } from './client.fixture.ts';
import { installClient } from './packed-client.fixture.ts';
import { password } from './person.fixture.ts';
import { type System, startTestSystem } from './system.fixture.ts';

let system: System;
const cleanups: (() => unknown)[] = [];

beforeAll(async () => {
  // Tokens that expire all the time: every test renews them on the way
  system = await startTestSystem({ env: { JWT_ACCESS_EXPIRY: '3s' } });
}, 300_000);

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

afterAll(() => system?.stop());

const chatter: typeof createChatter = async (...given) => {
  const one = await createChatter(...given);
  cleanups.push(() => one.chat.close());
  return one;
};

/** A client behind a network of its own. */
const behindProxy = async (stem: string, options: Parameters<typeof createChatter>[2] = {}) => {
  const proxy = await createTcpProxy(system.wsUrl);
  cleanups.push(() => proxy.close());
  const one = await chatter({ apiUrl: system.apiUrl, wsUrl: proxy.url }, stem, options);
  return { ...one, proxy };
};

/** Another client of the system, with nobody signed in yet. */
const chatOf = (options: ChatOptions): Chat => {
  const chat = createChat({ apiUrl: system.apiUrl, wsUrl: system.wsUrl, rules: hasty, ...options });
  cleanups.push(() => chat.close());
  return chat;
};

const history = async ({ chat }: Chatter, roomId: string): Promise<string[]> => {
  const { messages } = await chat.rest.messages.history({ query: { roomId, limit: 100 } });
  return messages
    .filter(({ type }) => type !== 'SYSTEM')
    .map(({ content }) => content)
    .reverse();
};

test('two people chat: typing, a message, an edit, a deletion, presence', async () => {
  const ann = await chatter(system, 'ann');
  const bob = await chatter(system, 'bob');
  const roomId = await openTo(ann, bob);
  const [annSees, bobSees] = [await watch(ann.chat, roomId), await watch(bob.chat, roomId)];
  bobSees.room.typing();
  await annSees.next('typing');
  expect([...annSees.room.typists]).toEqual([[bob.user.id, bob.user.username]]);
  const sent = await bobSees.room.send('Ahoy!');
  expect((await annSees.next('message')).message).toEqual(sent);
  expect(annSees.room.typists.size).toBe(0);
  await bobSees.room.edit(sent.id, 'Ahoy, mates!');
  expect((await annSees.next('edited')).message.content).toBe('Ahoy, mates!');
  await bobSees.room.remove(sent.id);
  expect((await annSees.next('deleted')).messageId).toBe(sent.id);
  const presence: string[] = [];
  ann.chat.on('presence', ({ userId, isOnline }) => presence.push(`${userId} ${isOnline}`));
  bob.chat.close();
  await eventually(() => expect(presence).toContain(`${bob.user.id} false`), { timeoutMs: 15_000 });
});

test('a gateway killed with -9 and cut connections lose nothing, double nothing and keep the order, over token renewals and in either encoding', async () => {
  const ann = await behindProxy('ann', { frames: msgpack });
  const bob = await behindProxy('bob');
  const roomId = await openTo(ann, bob);
  const [annSees, bobSees] = [await watch(ann.chat, roomId), await watch(bob.chat, roomId)];
  const texts = Array.from({ length: 60 }, (_, index) => `message ${index}`);
  const sends: Promise<unknown>[] = [];
  for (const [index, text] of texts.entries()) {
    sends.push(annSees.room.send(text));
    if (index === 15) await system.kill('gateway');
    if (index === 30) ann.proxy.cut();
    if (index === 35) ann.proxy.resume();
    if (index === 40) bob.proxy.cut();
    if (index === 45) bob.proxy.resume();
    if (index % 10 === 9) await sends.at(-3); // so that it takes its time
    if (index === 30 || index === 40)
      await eventually(() => (index === 30 ? ann : bob).chat.connection().phase !== 'online');
  }
  await Promise.all(sends);
  await eventually(() => expect(bobSees.contents()).toEqual(texts), { timeoutMs: 30_000 });
  await eventually(() => expect(annSees.contents()).toEqual(texts), { timeoutMs: 30_000 });
  expect(await history(bob, roomId)).toEqual(texts);
  expect(bobSees.events.map(({ type }) => type)).toEqual(expect.arrayContaining(['away', 'resumed']));
  expect(bobSees.events.filter(({ type }) => type === 'reset')).toEqual([]);
  expect(ann.chat.pending()).toEqual([]);
});

test('a network that is stuck is noticed by its silence', async () => {
  const rules = { quietMs: 300, answerMs: 300, reconnect: { baseMs: 50, maxMs: 200 } };
  const ann = await behindProxy('ann', { rules });
  const bob = await chatter(system, 'bob');
  const roomId = await openTo(ann, bob);
  const [annSees, bobSees] = [await watch(ann.chat, roomId), await watch(bob.chat, roomId)];
  ann.proxy.pause();
  await bobSees.room.send('can you hear me?');
  const mine = annSees.room.send('me too');
  await annSees.next('away');
  ann.proxy.resume();
  await mine;
  await eventually(() => expect(annSees.contents()).toEqual(['can you hear me?', 'me too']), { timeoutMs: 15_000 });
});

test('who was away for long names the last position, and gets the rest', async () => {
  const ann = await chatter(system, 'ann');
  const bob = await chatter(system, 'bob');
  const roomId = await openTo(ann, bob);
  const before = await watch(bob.chat, roomId);
  const { room } = await watch(ann.chat, roomId);
  await room.send('one');
  await before.next('message');
  const since = before.room.position() ?? '';
  before.room.close();
  expect((await before.next('over')).reason).toBe('closed');
  const texts = Array.from({ length: 120 }, (_, index) => `missed ${index}`);
  for (let first = 0; first < texts.length; first += 20) {
    const batch = texts.slice(first, first + 20);
    await Promise.all(batch.map((content) => ann.chat.rest.messages.send({ body: { roomId, content } })));
  }
  const after = await watch(bob.chat, roomId, { since });
  await after.next('resumed');
  expect(after.contents().toSorted()).toEqual(texts.toSorted());
  expect(after.contents().slice(-100)).toEqual(await history(bob, roomId));
  room.close();
  const reset = await watch(ann.chat, roomId, { since: `zzz.${since.split('.')[1]}.4` });
  await reset.next('reset');
});

test('a member who is removed hears no more, and what waits is refused', async () => {
  const ann = await chatter(system, 'ann');
  const bob = await chatter(system, 'bob');
  const roomId = await openTo(ann, bob);
  const bobSees = await watch(bob.chat, roomId);
  await ann.chat.rest.rooms.removeMember({ params: { id: roomId, userId: bob.user.id } });
  expect((await bobSees.next('over')).reason).toBe('removed');
  await expect(bobSees.room.send('let me in')).rejects.toMatchObject({ name: 'SendRefused', code: 'NOT_IN_ROOM' });
});

test('instances that share a session renew it once for all, and sign out together', async () => {
  const session = memorySession();
  let renewals = 0;
  const counting: typeof fetch = (...request) => {
    if (typeof request[0] === 'string' && request[0].endsWith('/auth/refresh')) renewals++;
    return fetch(...request);
  };
  const ann = await chatter(system, 'ann', { session, fetch: counting });
  const tabs = await Promise.all(
    Array.from({ length: 3 }, async () => {
      const chat = createChat({ apiUrl: system.apiUrl, wsUrl: system.wsUrl, session, fetch: counting });
      cleanups.push(() => chat.close());
      expect(await chat.resume()).toEqual(ann.user);
      return chat;
    }),
  );
  await eventually(
    async () => {
      await Promise.all([ann.chat, ...tabs].flatMap(({ rest }) => [rest.auth.me(), rest.auth.me()]));
      return renewals >= 2;
    },
    { timeoutMs: 15_000, intervalMs: 100 },
  );
  expect(renewals).toBeLessThanOrEqual(3); // a life of 3 s each: one for all, not one for each
  expect(tabs.map((chat) => chat.user())).toEqual(tabs.map(() => ann.user));
  await ann.chat.signOut();
  await eventually(() => expect(tabs.map((chat) => chat.user())).toEqual(tabs.map(() => undefined)));
  await expect(ann.chat.rest.auth.me()).rejects.toMatchObject({ name: 'SignedOut' });
});

test('who signs in after somebody else takes nothing of theirs along, here and in another tab', async () => {
  const session = memorySession();
  const [ann, bob] = [await chatter(system, 'ann', { session }), await chatter(system, 'bob')];
  const [hers, theirs] = [await openTo(ann), await openTo(ann, bob)];
  const tab = chatOf({ session });
  await tab.resume();
  const watched = await Promise.all([ann.chat, tab].map((chat) => watch(chat, hers)));
  await ann.chat.signIn({ email: bob.email, password });
  for (const seen of watched) {
    expect((await seen.next('over')).reason).toBe('signed-out');
    expect(seen.room.isLive()).toBe(false);
  }
  for (const chat of [ann.chat, tab]) {
    await eventually(() => expect(chat.user()).toEqual(bob.user));
    const { room } = await watch(chat, theirs);
    expect((await room.send('hello')).senderId).toBe(bob.user.id);
  }
});

test('a sign-out elsewhere ends the session here', async () => {
  const ann = await chatter(system, 'ann');
  const roomId = await openTo(ann);
  const here = await watch(ann.chat, roomId);
  const elsewhere = createChat({ apiUrl: system.apiUrl, wsUrl: system.wsUrl });
  cleanups.push(() => elsewhere.close());
  await elsewhere.signIn({ email: ann.email, password });
  await elsewhere.signOut();
  expect((await here.next('over')).reason).toBe('signed-out');
  expect(ann.chat.user()).toBeUndefined();
});

test('who changes the password goes on, here and in another tab; other sessions are over', async () => {
  const session = memorySession();
  const ann = await chatter(system, 'ann', { session });
  const roomId = await openTo(ann);
  const tab = chatOf({ session });
  await tab.resume();
  const elsewhere = chatOf({});
  await elsewhere.signIn({ email: ann.email, password });
  const seen = await Promise.all([ann.chat, tab, elsewhere].map((chat) => watch(chat, roomId)));
  const [here, there, gone] = seen;
  await ann.chat.rest.auth.changePassword({ body: { currentPassword: password, newPassword: `${password} 2` } });
  await ann.chat.rest.auth.me();
  expect((await gone?.next('over', 20_000))?.reason).toBe('signed-out');
  expect(elsewhere.user()).toBeUndefined();
  for (const one of [here, there]) {
    await one?.next('away', 20_000);
    await one?.next('resumed', 20_000);
  }
  await there?.room.send('still here');
  await eventually(() => expect(here?.contents()).toEqual(['still here']));
  expect([ann.chat.user(), tab.user()]).toEqual([ann.user, ann.user]);
});

test('what was not sent outlives the application', async () => {
  const kept = new Map<string, Send>();
  const outbox: OutboxStore = {
    read: async () => [...kept.values()],
    put: async (send) => void kept.set(send.tempId, send),
    remove: async (tempId) => void kept.delete(tempId),
  };
  const session = memorySession();
  const ann = await behindProxy('ann', { session, outbox });
  const roomId = await openTo(ann);
  const { room } = await watch(ann.chat, roomId);
  ann.proxy.cut();
  for (const text of ['first', 'second']) void room.send(text).catch(() => undefined); // it closes before they are sent
  await eventually(() => expect(kept.size).toBe(2));
  ann.chat.close();
  const again = createChat({ apiUrl: system.apiUrl, wsUrl: system.wsUrl, session, outbox });
  cleanups.push(() => again.close());
  await again.resume();
  await eventually(() => expect(kept.size).toBe(0), { timeoutMs: 15_000 });
  const { messages } = await again.rest.messages.history({ query: { roomId } });
  expect(messages.map(({ content }) => content)).toEqual(['second', 'first']);
});

test("the README's chat runs as it is written, for somebody who has installed the packed client", async () => {
  const outside = await installClient();
  cleanups.push(() => outside.remove());
  const ann = await chatter(system, 'ann');
  const roomId = await openTo(ann);
  await ann.chat.rest.messages.send({ body: { roomId, content: 'an earlier message' } });
  const readme = await readFile(join(outside.folder, 'node_modules/@kuraxx/client/README.md'), 'utf8');
  const [, snippet = ''] = /```ts\n([\s\S]*?)```/.exec(readme) ?? [];
  expect(snippet.trim().split('\n').length).toBeLessThanOrEqual(20);
  const here = snippet
    .replace('createChat()', `createChat(${JSON.stringify({ apiUrl: system.apiUrl, wsUrl: system.wsUrl })})`)
    .replace('mira@example.org', ann.email)
    .replace('correct horse battery', password);
  await writeFile(join(outside.folder, 'chat.ts'), here);
  const packed = here
    .replace("from '@kuraxx/client';", "from '@kuraxx/client';\nimport { msgpack } from '@kuraxx/client/msgpack';")
    .replace('createChat({', 'createChat({ frames: msgpack, ');
  await writeFile(join(outside.folder, 'packed.ts'), packed);
  await outside.compile('chat.ts', 'packed.ts');
  const run = spawn(process.execPath, ['out/chat.js'], { cwd: outside.folder });
  cleanups.push(() => run.kill('SIGKILL'));
  let printed = '';
  for (const stream of [run.stdout, run.stderr]) stream.on('data', (data: Buffer) => (printed += data.toString()));
  const { username } = ann.user;
  await eventually(() => expect(printed).toBe(`${username}: an earlier message\n${username}: Ahoy!\n`), {
    timeoutMs: 20_000,
  });
}, 300_000);
