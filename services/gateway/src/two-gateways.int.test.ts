import { testServers } from '@kuraxx/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Person, startGateway, type TestGateway } from './gateway.fixture.ts';

const roomsOf = new Map<string, string[]>();
let east: TestGateway;
let west: TestGateway;
let ann: Person;
let bob: Person;
let eve: Person;
let roomId: string;

beforeAll(async () => {
  const { natsUrl } = testServers();
  const limits = { typingExpiryMs: 300 };
  [east, west] = await Promise.all([
    startGateway(natsUrl, { roomsOf, limits }),
    startGateway(natsUrl, { roomsOf, limits }),
  ]);
  [ann, bob, eve] = await Promise.all([east.person('ann'), east.person('bob'), east.person('eve')]);
  roomId = await east.room(ann, bob);
  for (const { userId } of [ann, bob]) roomsOf.set(userId, [roomId]);
});
afterAll(() => Promise.all([east.close(), west.close()]));

test('messages and join notices reach the sockets of the other gateway', async () => {
  const annClient = await east.signIn(ann, roomId);
  const bobClient = await west.signIn(bob, roomId);
  await annClient.next('room:join', ({ payload }) => 'userId' in payload && payload.userId === bob.userId);
  bobClient.send('message:new', { roomId, content: 'from the west' });
  const [here, there] = [await annClient.next('message:saved'), await bobClient.next('message:saved')];
  expect(here.position).toBe(there.position);
  annClient.close();
  bobClient.close();
});

test('typing reaches the others, on every gateway, not the typist, and stops by itself', async () => {
  const annClient = await east.signIn(ann, roomId);
  const annToo = await west.signIn(ann, roomId);
  const [bobEast, bobWest] = [await east.signIn(bob, roomId), await west.signIn(bob, roomId)];
  const who = { userId: ann.userId, username: ann.username, roomId };
  annClient.send('typing:start', { roomId });
  for (const client of [bobEast, bobWest]) {
    expect((await client.next('typing:start')).payload).toEqual({ ...who, isTyping: true });
    expect((await client.next('typing:stop')).payload).toEqual({ ...who, isTyping: false });
  }
  await annToo.settled();
  expect([...annClient.of('typing:start'), ...annToo.of('typing:start')]).toEqual([]);
  for (const client of [annClient, annToo, bobEast, bobWest]) client.close();
});

test('typing in a room that was not joined is told to nobody', async () => {
  const bobClient = await east.signIn(bob, roomId);
  const annClient = await west.signIn(ann);
  annClient.send('typing:start', { roomId });
  await annClient.settled();
  const eveClient = await west.signIn(eve);
  eveClient.send('typing:start', { roomId });
  await eveClient.settled();
  // A message goes the same way later: what was to come has come.
  await east.commands.messages.send({ senderId: ann.userId, roomId, content: 'mark', type: 'TEXT' });
  await bobClient.next('message:saved', ({ payload }) => payload.message.content === 'mark');
  expect(bobClient.of('typing:start')).toEqual([]);
  for (const client of [bobClient, annClient, eveClient]) client.close();
});

test('presence goes to those who share a room, once per socket, and ends with the last socket', async () => {
  const [xan, yve] = [await east.person('xan'), await east.person('yve')];
  const shared = await east.room(xan, yve);
  for (const { userId } of [xan, yve]) roomsOf.set(userId, [shared]);
  const watcher = await east.signIn(xan);
  const stranger = await east.signIn(eve);
  const first = await west.signIn(yve);
  const online = await watcher.next('presence:online', ({ payload }) => payload.userId === yve.userId);
  expect(online.payload).toEqual({ userId: yve.userId, username: yve.username, isOnline: true, lastSeenAt: null });
  const second = await east.signIn(yve);
  first.close();
  await first.closed();
  await watcher.settled();
  expect(watcher.of('presence:offline')).toEqual([]);
  second.close();
  const offline = await watcher.next('presence:offline', ({ payload }) => payload.userId === yve.userId);
  expect(offline.payload).toMatchObject({ username: yve.username, isOnline: false });
  await watcher.settled();
  expect(watcher.of('presence:online').filter(({ payload }) => payload.userId === yve.userId)).toHaveLength(1);
  await stranger.settled();
  expect(stranger.of('presence:online').filter(({ payload }) => payload.userId === yve.userId)).toEqual([]);
  watcher.close();
  stranger.close();
});

test('who was removed from the shared room is told no more', async () => {
  const [xan, yve, zed] = [await east.person('xan'), await east.person('yve'), await east.person('zed')];
  const shared = await east.room(xan, yve, zed);
  for (const { userId } of [xan, yve, zed]) roomsOf.set(userId, [shared]);
  const [removed, stayed] = [await west.signIn(yve, shared), await west.signIn(zed, shared)];
  await east.commands.rooms.removeMember(xan.userId, shared, yve.userId);
  await removed.next('room:leave');
  const watched = await east.signIn(xan);
  await stayed.next('presence:online', ({ payload }) => payload.userId === xan.userId);
  await removed.settled();
  expect(removed.of('presence:online').filter(({ payload }) => payload.userId === xan.userId)).toEqual([]);
  for (const client of [removed, stayed, watched]) client.close();
});

test('one message sent again and again, through both gateways and beside them, is one frame to everybody', async () => {
  const watcher = await west.signIn(bob, roomId);
  const [annEast, annWest] = [await east.signIn(ann, roomId), await west.signIn(ann, roomId)];
  for (const tempId of ['again', 'and again']) {
    const frame = { roomId, content: tempId, tempId };
    for (let count = 0; count < 5; count++) {
      annEast.send('message:new', frame);
      annWest.send('message:new', frame);
    }
    const send = { senderId: ann.userId, roomId, content: tempId, type: 'TEXT', tempId } as const;
    const sent = await Promise.all([east.commands.messages.send(send), west.commands.messages.send(send)]);
    const { payload, position } = await watcher.next('message:saved', (saved) => saved.payload.tempId === tempId);
    expect(sent.map(({ message }) => message.id)).toEqual([payload.message.id, payload.message.id]);
    for (const client of [annEast, annWest]) await client.settled();
    await watcher.settled();
    expect(watcher.of('message:saved').filter((saved) => saved.payload.tempId === tempId)).toHaveLength(1);
    // who has sent it may be answered with it again: it has the position of the first one then
    const answers = [annEast, annWest].flatMap((client) => client.of('message:saved'));
    const own = answers.filter((saved) => saved.payload.tempId === tempId);
    expect(own.length).toBeGreaterThan(1);
    for (const saved of own)
      expect(saved).toMatchObject({ position, payload: { message: { id: payload.message.id } } });
  }
  for (const client of [watcher, annEast, annWest]) client.close();
});
