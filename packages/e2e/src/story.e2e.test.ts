import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPerson, createRoom, expectStatus, type Person, send } from './person.fixture.ts';
import { type Channels, hearChannels } from './redis.fixture.ts';
import { openSignedIn } from './socket.fixture.ts';
import { type System, startTestSystem } from './system.fixture.ts';

let system: System;
let channels: Channels;
let ann: Person;
let bob: Person;

beforeAll(async () => {
  system = await startTestSystem();
  channels = await hearChannels(system.redisUrl);
  ann = await createPerson(system.apiUrl, 'ann');
  bob = await createPerson(system.apiUrl, 'bob');
}, 300_000);

afterAll(async () => {
  channels?.close();
  await system?.stop();
});

test('two people chat by REST and WebSocket, and Redis consumers see it', async () => {
  const roomId = await createRoom(ann);
  const annSocket = await openSignedIn(system.wsUrl, ann.token, roomId);
  expectStatus(await bob.api.rooms.join({ params: { id: roomId }, body: {} }), 200);
  const joined = await annSocket.next('room:join', (frame) => 'userId' in frame.payload);
  expect(joined.payload).toEqual({ roomId, userId: bob.id, username: bob.username });
  const system1 = await annSocket.next('message:saved');
  expect(system1.payload.message).toMatchObject({
    type: 'SYSTEM',
    content: `${bob.username} joined the room`,
    senderId: bob.id,
  });
  await channels.next('room:join', roomId, bob.id, 'displayName');
  await channels.next('messages:saved', roomId, 'joined the room');

  const bobSocket = await openSignedIn(system.wsUrl, bob.token, roomId);
  await annSocket.next('presence:online', (frame) => frame.payload.userId === bob.id);
  await channels.next('presence:online', bob.id);

  bobSocket.send('typing:start', { roomId });
  const typing = await annSocket.next('typing:start');
  expect(typing.payload).toEqual({ roomId, userId: bob.id, username: bob.username, isTyping: true });
  await channels.next('typing:start', roomId, bob.id);
  bobSocket.send('typing:stop', { roomId });
  await annSocket.next('typing:stop');
  await channels.next('typing:stop', roomId, bob.id);

  bobSocket.send('message:new', { roomId, content: 'ahoy', tempId: 't-1' });
  const saved = await annSocket.next('message:saved', (frame) => frame.payload.message.content === 'ahoy');
  expect(saved.payload.tempId).toBe('t-1');
  await bobSocket.next('message:saved', (frame) => frame.payload.tempId === 't-1');
  await channels.next('messages:new', roomId, 'ahoy', 't-1');
  await channels.next('messages:saved', roomId, 'ahoy', 't-1');
  const messageId = saved.payload.message.id;

  const reply = await send(ann, roomId, 'hello');
  await bobSocket.next('message:saved', (frame) => frame.payload.message.id === reply.id);

  const edited = expectStatus(
    await bob.api.messages.edit({ params: { id: messageId }, body: { content: 'ahoy!' } }),
    200,
  );
  expect(edited.body.data.message.editedAt).not.toBeNull();
  const update = await annSocket.next('message:update');
  expect(update.payload.message).toMatchObject({ id: messageId, content: 'ahoy!' });
  await channels.next('messages:update', messageId, 'ahoy!');

  expectStatus(await bob.api.messages.remove({ params: { id: messageId }, body: {} }), 200);
  const deletion = await annSocket.next('message:delete');
  expect(deletion.payload).toEqual({ messageId });
  await channels.next('messages:delete', messageId);

  const history = expectStatus(await ann.api.messages.history({ query: { roomId } }), 200).body.data;
  expect(history.messages.map((message) => message.content)).toEqual(['hello', `${bob.username} joined the room`]);
  expect(history).toMatchObject({ hasMore: false, nextCursor: null });

  const positioned = annSocket.frames.filter((frame) => 'position' in frame && typeof frame.position === 'string');
  const chain = positioned.map((frame) => ('prev' in frame ? [frame.prev, frame.position] : []));
  expect(chain.length).toBeGreaterThanOrEqual(5);
  for (const [index, [prev]] of chain.entries()) if (index > 0) expect(prev).toBe(chain[index - 1]?.[1]);

  expectStatus(await bob.api.rooms.leave({ params: { id: roomId }, body: {} }), 200);
  await annSocket.next('room:leave', (frame) => 'userId' in frame.payload && frame.payload.userId === bob.id);
  await channels.next('room:leave', roomId, bob.id);
  bobSocket.close();
  await channels.next('presence:offline', bob.id);
  annSocket.close();
});

test('who comes back names the last position and gets the rest, in order', async () => {
  const roomId = await createRoom(ann, bob);
  const first = await openSignedIn(system.wsUrl, bob.token, roomId);
  await send(ann, roomId, 'one');
  const seen = await first.next('message:saved', (frame) => frame.payload.message.content === 'one');
  first.close();
  await first.closed;
  for (const content of ['two', 'three', 'four']) await send(ann, roomId, content);
  const again = await openSignedIn(system.wsUrl, bob.token);
  again.send('room:join', { roomId, since: seen.position }, 'resume');
  await again.next('message:saved', (frame) => frame.payload.message.content === 'four');
  const saved = again.frames.flatMap((frame) => (frame.type === 'message:saved' ? [frame] : []));
  expect(saved.map((frame) => frame.payload.message.content)).toEqual(['two', 'three', 'four']);
  expect(saved[0]?.prev).toBe(seen.position);
  const answer = await again.next('room:join', (frame) => frame.requestId === 'resume');
  expect(answer.payload).not.toHaveProperty('reset', true);
  again.close();
});

test('a removed member gets the removal and nothing after it', async () => {
  const roomId = await createRoom(ann, bob);
  const bobSocket = await openSignedIn(system.wsUrl, bob.token, roomId);
  const annSocket = await openSignedIn(system.wsUrl, ann.token, roomId);
  expectStatus(await ann.api.rooms.removeMember({ params: { id: roomId, userId: bob.id }, body: {} }), 200);
  await bobSocket.next('room:leave', (frame) => 'userId' in frame.payload && frame.payload.userId === bob.id);
  await annSocket.next('room:leave', (frame) => 'userId' in frame.payload && frame.payload.userId === bob.id);
  await channels.next('room:leave', roomId, bob.id);
  await send(ann, roomId, 'secret');
  await annSocket.next('message:saved', (frame) => frame.payload.message.content === 'secret');
  bobSocket.send('message:new', { roomId, content: 'still here?' }, 'after');
  const refused = await bobSocket.next('error', (frame) => frame.requestId === 'after');
  expect(refused.payload.code).toBe('NOT_IN_ROOM');
  expect(JSON.stringify(bobSocket.frames)).not.toContain('secret');
  expectStatus(await bob.api.messages.history({ query: { roomId } }), 403);
  bobSocket.close();
  annSocket.close();
});

test('nobody joins a room that is not theirs over the WebSocket', async () => {
  const roomId = await createRoom(ann);
  const socket = await openSignedIn(system.wsUrl, bob.token);
  for (const room of [roomId, '0d9a2b8e-6f54-4e0e-9d39-0f5f6f3f9f11']) {
    socket.send('room:join', { roomId: room }, room);
    const refused = await socket.next('error', (frame) => frame.requestId === room);
    expect(refused.payload.code).toBe('NOT_IN_ROOM');
  }
  socket.close();
});
