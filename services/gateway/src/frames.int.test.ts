import { formatPosition } from '@kuraxx/event-store';
import { testServers } from '@kuraxx/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openClient } from './client.fixture.ts';
import { type Person, startGateway, type TestGateway } from './gateway.fixture.ts';

let system: TestGateway;
let ann: Person;
let bob: Person;
let eve: Person;

beforeAll(async () => {
  system = await startGateway(testServers().natsUrl);
  [ann, bob, eve] = await Promise.all([system.person('ann'), system.person('bob'), system.person('eve')]);
});
afterAll(() => system.close());

const code = (frame: { type: string; payload: object }) => ('code' in frame.payload ? frame.payload.code : frame.type);

test('authenticate answers who it is; a bad token is refused and the socket stays usable', async () => {
  const client = await openClient(system.url);
  expect(code(await client.ask('authenticate', { token: 'nonsense' }))).toBe('AUTH_FAILED');
  const answer = await client.ask('authenticate', { token: ann.token });
  expect(answer).toMatchObject({ type: 'authenticated', payload: { userId: ann.userId, username: ann.username } });
  expect(await client.ask('authenticate', { token: ann.token })).toMatchObject({ type: 'authenticated' });
  client.close();
});

test('without authentication nothing but errors, and none for typing', async () => {
  const client = await openClient(system.url);
  const roomId = await system.room(ann);
  expect(code(await client.ask('room:join', { roomId }))).toBe('NOT_AUTHENTICATED');
  expect(code(await client.ask('room:leave', { roomId }))).toBe('NOT_AUTHENTICATED');
  expect(code(await client.ask('message:new', { roomId, content: 'hi' }))).toBe('NOT_AUTHENTICATED');
  const before = client.frames.length;
  client.send('typing:start', { roomId }, 'quiet');
  client.send('typing:stop', {}, 'quiet');
  client.send('typing:start', null, 'quiet');
  await client.settled();
  expect(client.frames).toHaveLength(before + 1);
  client.close();
});

test('a room is joined by its members alone', async () => {
  const roomId = await system.room(ann);
  const client = await system.signIn(eve);
  expect(code(await client.ask('room:join', { roomId }))).toBe('NOT_IN_ROOM');
  expect(code(await client.ask('room:join', { roomId: '0d9a2b8e-6f54-4e0e-9d39-0f5f6f3f9f11' }))).toBe('NOT_IN_ROOM');
  expect(code(await client.ask('message:new', { roomId, content: 'hi' }))).toBe('NOT_IN_ROOM');
  client.close();
});

test('a message comes back to everybody in the room, also as a binary frame, once', async () => {
  const roomId = await system.room(ann, bob);
  const [annClient, bobClient] = [await system.signIn(ann, roomId), await system.signIn(bob, roomId)];
  const text = JSON.stringify({ type: 'message:new', payload: { roomId, content: 'ahoy "ß" 🎉', tempId: 't-1' } });
  annClient.raw(Buffer.from(text));
  for (const client of [annClient, bobClient]) {
    const saved = await client.next('message:saved');
    expect(saved.payload).toMatchObject({
      tempId: 't-1',
      message: { content: 'ahoy "ß" 🎉', senderId: ann.userId, roomId },
    });
    expect(saved.roomId).toBe(roomId);
    expect(saved.requestId).toBeUndefined();
  }
  await bobClient.settled();
  expect(bobClient.of('message:saved')).toHaveLength(1);
  annClient.close();
  bobClient.close();
});

test('who follows positions and asks for no answer is shown a repeated message once', async () => {
  const roomId = await system.room(ann);
  const client = await system.signIn(ann);
  const { position: since } = await system.commands.messages.send({
    senderId: ann.userId,
    roomId,
    content: 'here it begins',
    type: 'TEXT',
  });
  await client.ask('room:join', { roomId, since: formatPosition(since) });
  for (let count = 0; count < 3; count++) client.send('message:new', { roomId, content: 'once', tempId: 'thrice' });
  const own = () => client.of('message:saved').filter(({ payload }) => payload.tempId === 'thrice');
  await client.next('message:saved', ({ payload }) => payload.tempId === 'thrice');
  await client.settled();
  expect(own()).toHaveLength(1);
  const answer = await client.ask('message:new', { roomId, content: 'once', tempId: 'thrice' });
  expect(answer).toMatchObject({ type: 'message:saved', position: own()[0]?.position });
  client.close();
});

test('a repeated send shows the first message again to the one who repeats it', async () => {
  const roomId = await system.room(ann, bob);
  const [annClient, bobClient] = [await system.signIn(ann, roomId), await system.signIn(bob, roomId)];
  annClient.send('message:new', { roomId, content: 'once', tempId: 'same' });
  const first = await annClient.next('message:saved');
  const again = await annClient.ask('message:new', { roomId, content: 'once', tempId: 'same' });
  expect(again).toMatchObject({ type: 'message:saved', position: first.position, payload: first.payload });
  await bobClient.next('message:saved');
  await bobClient.settled();
  expect(bobClient.of('message:saved')).toHaveLength(1);
  annClient.close();
  bobClient.close();
});

test('who joins and leaves by WebSocket is announced to the others only', async () => {
  const roomId = await system.room(ann, bob);
  const annClient = await system.signIn(ann, roomId);
  const [bobClient, bobToo] = [await system.signIn(bob, roomId), await system.signIn(bob, roomId)];
  const notice = { roomId, userId: bob.userId, username: bob.username };
  expect((await annClient.next('room:join', ({ payload }) => 'userId' in payload)).payload).toEqual(notice);
  expect(await bobClient.ask('room:leave', { roomId })).toMatchObject({ payload: { roomId, success: true } });
  expect((await annClient.next('room:leave')).payload).toEqual(notice);
  await bobToo.settled();
  expect(bobToo.of('room:leave')).toEqual([]);
  expect(code(await bobClient.ask('message:new', { roomId, content: 'hi' }))).toBe('NOT_IN_ROOM');
  for (const client of [annClient, bobClient, bobToo]) client.close();
});

test('joining and leaving by REST show the SYSTEM message and then the notice', async () => {
  const roomId = await system.room(ann);
  const annClient = await system.signIn(ann, roomId);
  await system.commands.rooms.join(eve.userId, roomId);
  await annClient.next('room:join', ({ payload }) => 'userId' in payload && payload.userId === eve.userId);
  const eveClient = await system.signIn(eve, roomId);
  await system.commands.rooms.leave(eve.userId, roomId);
  await annClient.next('room:leave', ({ payload }) => 'userId' in payload && payload.userId === eve.userId);
  const kinds = annClient.frames
    .filter(({ type }) => type === 'message:saved' || type === 'room:leave')
    .map(({ type }) => type);
  expect(kinds).toEqual(['message:saved', 'message:saved', 'room:leave']);
  expect(annClient.of('message:saved').map(({ payload }) => payload.message.type)).toEqual(['SYSTEM', 'SYSTEM']);
  expect(code(await eveClient.ask('message:new', { roomId, content: 'hi' }))).toBe('NOT_IN_ROOM');
  annClient.close();
  eveClient.close();
});

test('each positioned frame names the one before it', async () => {
  const roomId = await system.room(ann, bob);
  const client = await system.signIn(ann, roomId);
  for (const content of ['1', '2', '3'])
    await system.commands.messages.send({ senderId: bob.userId, roomId, content, type: 'TEXT' });
  await system.commands.rooms.changeRole(ann.userId, roomId, bob.userId, 'ADMIN');
  await system.commands.rooms.leave(bob.userId, roomId);
  const later = await client.next('message:saved', ({ payload }) => payload.message.type === 'SYSTEM');
  const chain = client.of('message:saved').map(({ prev, position }) => [prev, position]);
  expect(chain[0]?.[0]).toBeNull();
  for (const [index, [prev]] of chain.entries()) if (index > 0) expect(prev).toBe(chain[index - 1]?.[1]);
  const second = await system.signIn(ann);
  expect(await second.ask('room:join', { roomId })).toMatchObject({ payload: { position: later.position } });
  client.close();
  second.close();
});

test('a room is followed as long as somebody here has joined it', async () => {
  const roomId = await system.room(ann);
  const before = system.gateway.load().followedRooms;
  const [one, two] = [await system.signIn(ann, roomId), await system.signIn(ann, roomId)];
  expect(system.gateway.load().followedRooms).toBe(before + 1);
  one.close();
  await one.closed();
  expect(await two.ask('room:leave', { roomId })).toMatchObject({ type: 'room:leave' });
  expect(system.gateway.load().followedRooms).toBe(before);
  two.close();
});
