import { testServers } from '@kuraxx/testing';
import { headers } from 'nats';
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

const say = (roomId: string, content: string) =>
  system.commands.messages.send({ senderId: ann.userId, roomId, content, type: 'TEXT' });

/** Stores something in a room's stream that this build doesn't know. */
const store = (roomId: string, aspect: string, wireType: string, data: Uint8Array | string): void => {
  const header = headers();
  header.set('ce-type', wireType);
  system.nats.publish(`kuraxx.room.${system.log.partitionOf(roomId)}.${roomId}.${aspect}`, data, { headers: header });
};

test('a message that can not be read is left out, and the room goes on', async () => {
  const roomId = await system.room(ann, bob);
  const client = await system.signIn(bob, roomId);
  await say(roomId, 'before');
  const { position } = await client.next('message:saved');
  store(roomId, 'msg', 'kuraxx.message.sent.v1', new Uint8Array([0x7b, 0xff]));
  store(roomId, 'msg', 'kuraxx.message.sent.v1', '{"message":');
  store(roomId, 'msg', 'kuraxx.message.sent.v9', '{}');
  store(roomId, 'other', 'kuraxx.poll.opened.v1', '{}');
  await say(roomId, 'after');
  await client.next('message:saved', ({ payload }) => payload.message.content === 'after');
  expect(client.of('message:saved')).toHaveLength(2);
  const again = await system.signIn(bob);
  expect(await again.ask('room:join', { roomId, since: position })).toMatchObject({ payload: { success: true } });
  expect(again.of('message:saved').map(({ payload }) => payload.message.content)).toEqual(['after']);
  for (const one of [client, again]) one.close();
});

test('when who is in a room can not be known, nobody is: its sockets are let go, joining has to wait, other rooms go on', async () => {
  const [roomId, other] = [await system.room(ann, bob), await system.room(ann, bob)];
  const client = await system.signIn(bob, roomId, other);
  store(roomId, 'meta', 'kuraxx.room.members-merged.v1', '{}');
  expect((await client.next('room:leave')).payload).toEqual({ roomId, userId: bob.userId, username: bob.username });
  expect(await client.ask('room:join', { roomId })).toMatchObject({
    type: 'error',
    payload: { code: 'SERVICE_UNAVAILABLE' },
  });
  await expect(say(roomId, 'who hears this?')).rejects.toThrow("can't be read");
  await say(other, 'fine here');
  await client.next('message:saved', ({ payload }) => payload.message.content === 'fine here');
  client.close();
});
