import { testServers } from '@kuraxx/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Person, startGateway, type TestGateway } from './gateway.fixture.ts';

let system: TestGateway;
let ann: Person;
let bob: Person;

beforeAll(async () => {
  system = await startGateway(testServers().natsUrl);
  [ann, bob] = await Promise.all([system.person('ann'), system.person('bob')]);
});
afterAll(() => system.close());

test('a removed member gets everything up to the removal and nothing after it', async () => {
  const roomId = await system.room(ann, bob);
  const [annClient, bobClient] = [await system.signIn(ann, roomId), await system.signIn(bob, roomId)];
  const say = (content: string) =>
    system.commands.messages.send({ senderId: ann.userId, roomId, content, type: 'TEXT' });
  await say('before');
  // Together: they reach the gateway in one batch, which is where a cut by time would fail.
  await Promise.all([
    system.commands.rooms.removeMember(ann.userId, roomId, bob.userId),
    ...Array.from({ length: 50 }, (_, index) => say(`around ${index}`)),
  ]);
  await say('after');
  await annClient.next('message:saved', ({ payload }) => payload.message.content === 'after');
  const removal = await bobClient.next('room:leave');
  expect(removal.payload).toEqual({ roomId, userId: bob.userId, username: bob.username });
  await bobClient.settled();
  const frames = annClient.frames.filter((frame) => 'position' in frame && frame.position !== undefined);
  const cut = frames.findIndex(({ type }) => type === 'room:leave');
  const positioned = bobClient.frames.filter((frame) => 'position' in frame && frame.position !== undefined);
  expect(positioned.map((frame) => 'position' in frame && frame.position)).toEqual(
    frames.slice(0, cut + 1).map((frame) => 'position' in frame && frame.position),
  );
  bobClient.send('message:new', { roomId, content: 'still here?' }, 'r');
  expect(await bobClient.next('error', ({ requestId }) => requestId === 'r')).toMatchObject({
    payload: { code: 'NOT_IN_ROOM' },
  });
  expect(await bobClient.ask('room:join', { roomId })).toMatchObject({ payload: { code: 'NOT_IN_ROOM' } });
  annClient.close();
  bobClient.close();
});

test('a deleted room tells everybody in it and lets them go', async () => {
  const roomId = await system.room(ann, bob);
  const [annClient, bobClient] = [await system.signIn(ann, roomId), await system.signIn(bob, roomId)];
  await system.commands.rooms.remove(ann.userId, roomId);
  expect((await annClient.next('room:leave')).payload).toEqual({ roomId, userId: ann.userId, username: ann.username });
  expect((await bobClient.next('room:leave')).payload).toEqual({ roomId, userId: bob.userId, username: bob.username });
  expect(await bobClient.ask('room:join', { roomId })).toMatchObject({ payload: { code: 'NOT_IN_ROOM' } });
  annClient.close();
  bobClient.close();
});

test('signing out closes all sockets of the user', async () => {
  const eve = await system.person('eve');
  const [one, two, other] = [await system.signIn(eve), await system.signIn(eve), await system.signIn(ann)];
  await system.commands.accounts.logout(eve.userId);
  expect(await one.closed()).toBe(4202);
  expect(await two.closed()).toBe(4202);
  await other.settled();
  other.close();
});
