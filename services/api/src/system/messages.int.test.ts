import { randomUUID } from 'node:crypto';
import { apiContract } from '@kuraxx/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exactly } from './client.fixture.ts';
import { type System, startSystem } from './system.fixture.ts';

const { messages } = apiContract;
let system: System;
let ann: Awaited<ReturnType<System['register']>>;
let bob: typeof ann;
let cleo: typeof ann;
let roomId: string;
beforeAll(async () => {
  system = await startSystem({ apis: 2 });
  [ann, bob, cleo] = [await system.register('ann'), await system.register('bob'), await system.register('cleo')];
  roomId = (await system.createRoom(ann.token, { name: 'Deck', memberIds: [bob.id] })).id;
});
afterAll(() => system?.close());

const other = () => system.apis[1]!;
const history = async (query: string, token = ann.token) =>
  exactly(messages.history.responses[200], await other().send('GET', `/messages/history?${query}`, { token })).data;

test('a message is shown as it was sent, to the next reader, by the other process', async () => {
  const sent = await system.say(ann.token, roomId, 'ahoy');
  expect(sent).toMatchObject({ content: 'ahoy', type: 'TEXT', status: 'SENT', senderId: ann.id, replyTo: null });
  const newest = (await history(`roomId=${roomId}&limit=1`)).messages[0];
  expect(newest?.id).toBe(sent.id);
  const got = await other().send('GET', `/messages/${sent.id}`, { token: bob.token });
  expect(exactly(messages.get.responses[200], got).data.message).toMatchObject({ id: sent.id, content: 'ahoy' });
});

test('a write says where it stands, and does not wait when asked not to', async () => {
  const send = (headers: Record<string, string>) =>
    system.send('POST', '/messages/send', { token: ann.token, body: { roomId, content: 'x' }, headers });
  expect((await send({})).headers.get('kuraxx-position')).toMatch(/^[a-z0-9]+\.\d+\.\d+$/);
  expect((await send({ prefer: 'respond-async' })).headers.get('preference-applied')).toBe('respond-async');
});

test('the same tempId again is the same message', async () => {
  const tempId = randomUUID();
  const [first, again] = [
    await system.say(ann.token, roomId, 'once', { tempId }),
    await system.say(ann.token, roomId, 'once', { tempId }),
  ];
  const { id, createdAt } = first; // the sender may have come online in between
  expect(again).toMatchObject({ id, createdAt, content: 'once' });
  const { messages: newest } = await history(`roomId=${roomId}`);
  expect(newest.filter((message) => message.id === id)).toHaveLength(1);
});

test('a reply embeds what it answers; one across rooms is refused', async () => {
  const asked = await system.say(ann.token, roomId, 'who?');
  const reply = await system.say(bob.token, roomId, 'me', { replyToId: asked.id });
  expect(reply.replyTo).toMatchObject({ id: asked.id, content: 'who?' });
  const elsewhere = await system.createRoom(bob.token, { name: 'Cabin' });
  const across = { roomId: elsewhere.id, content: 'x', replyToId: asked.id };
  const answer = await system.send('POST', '/messages/send', { token: bob.token, body: across });
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(answer.status).toBeLessThan(500);
});

test('strangers neither send nor read', async () => {
  const sent = await system.say(ann.token, roomId, 'inside');
  const body = { roomId, content: 'let me in' };
  await system.refused(403, 'ROOM_ACCESS_DENIED', 'POST', '/messages/send', { token: cleo.token, body });
  await system.refused(403, 'ROOM_ACCESS_DENIED', 'GET', `/messages/history?roomId=${roomId}`, { token: cleo.token });
  await system.refused(403, 'ROOM_ACCESS_DENIED', 'GET', `/messages/${sent.id}`, { token: cleo.token });
  await system.refused(404, 'MESSAGE_NOT_FOUND', 'GET', `/messages/${randomUUID()}`, { token: ann.token });
});

test('a history is read page by page, without gaps or doubles', async () => {
  const room = await system.createRoom(ann.token, { name: 'Long' });
  const sent = [];
  for (let n = 0; n < 5; n++) sent.push((await system.say(ann.token, room.id, `n${n}`)).id);
  const read: string[] = [];
  let cursor = '';
  for (let more = true; more; ) {
    const page = await history(`roomId=${room.id}&limit=2${cursor}`);
    read.push(...page.messages.map(({ id }) => id));
    cursor = `&cursor=${page.nextCursor}`;
    more = page.hasMore;
  }
  expect(read).toEqual(sent.toReversed());
});

test('an edit is seen at once, by its sender alone allowed', async () => {
  const { id } = await system.say(ann.token, roomId, 'teh');
  const edited = await system.send('PATCH', `/messages/${id}`, { token: ann.token, body: { content: 'the' } });
  expect(edited.status).toBe(200);
  expect(exactly(messages.edit.responses[200], edited).data.message).toMatchObject({
    content: 'the',
    editedAt: expect.any(String),
  });
  expect((await history(`roomId=${roomId}&limit=1`)).messages[0]?.content).toBe('the');
  await system.refused(403, 'ROOM_ACCESS_DENIED', 'PATCH', `/messages/${id}`, {
    token: bob.token,
    body: { content: 'x' },
  });
});

test('a deleted message leaves the history, and stays deleted', async () => {
  const { id } = await system.say(bob.token, roomId, 'oops');
  const deleted = await system.send('DELETE', `/messages/${id}`, { token: ann.token });
  expect(deleted.status).toBe(200);
  exactly(messages.remove.responses[200], deleted);
  expect((await history(`roomId=${roomId}`)).messages.map((message) => message.id)).not.toContain(id);
  const got = await other().send('GET', `/messages/${id}`, { token: bob.token });
  expect(exactly(messages.get.responses[200], got).data.message.deletedAt).not.toBeNull();
});
