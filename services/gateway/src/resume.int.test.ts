import { randomUUID } from 'node:crypto';
import { testServers } from '@kuraxx/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Client } from './client.fixture.ts';
import { type Person, startGateway, type TestGateway } from './gateway.fixture.ts';
import { defaultLimits } from './limits.ts';

let system: TestGateway;
let ann: Person;
let bob: Person;

beforeAll(async () => {
  system = await startGateway(testServers().natsUrl, { limits: { tailFrames: 8 } });
  [ann, bob] = await Promise.all([system.person('ann'), system.person('bob')]);
});
afterAll(() => system.close());

const say = (roomId: string, content: string) =>
  system.commands.messages.send({ senderId: ann.userId, roomId, content, type: 'TEXT' });
const contents = (client: Client) => client.of('message:saved').map(({ payload }) => payload.message.content);
const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => String(from + index));

const expectChain = (client: Client, since: string): void => {
  let last: string = since;
  for (const { prev, position } of client.of('message:saved')) {
    expect(prev).toBe(last);
    last = position;
  }
};

test.each([
  ['the log, when nobody here followed the room', 3, false],
  ['memory, when somebody did', 5, true],
  ['the log, when it was away for longer than memory reaches', 30, true],
])('who comes back gets what it missed from %s', async (_name, missed, isFollowed) => {
  const roomId = await system.room(ann, bob);
  const keeper = isFollowed ? await system.signIn(ann, roomId) : undefined;
  const first = await system.signIn(bob, roomId);
  await say(roomId, 'seen');
  const { position } = await first.next('message:saved');
  first.close();
  await first.closed();
  for (const content of numbers(0, missed)) await say(roomId, content);
  const again = await system.signIn(bob);
  const answer = await again.ask('room:join', { roomId, since: position });
  expect(contents(again)).toEqual(numbers(0, missed));
  expect(answer.payload).toEqual({ roomId, success: true, position: again.of('message:saved').at(-1)?.position });
  await say(roomId, 'live');
  await again.next('message:saved', ({ payload }) => payload.message.content === 'live');
  expectChain(again, position);
  again.close();
  keeper?.close();
});

test('resuming while others write has neither gap nor double', async () => {
  const roomId = await system.room(ann, bob);
  const first = await system.signIn(bob, roomId);
  await say(roomId, 'seen');
  const { position } = await first.next('message:saved');
  first.close();
  let isWriting = true;
  let written = 0;
  const writing = (async () => {
    while (isWriting) await say(roomId, String(written++));
  })();
  const readers: Client[] = [];
  for (let round = 0; round < 5; round++) {
    const client = await system.signIn(bob);
    await client.ask('room:join', { roomId, since: position });
    readers.push(client);
  }
  isWriting = false;
  await writing;
  await say(roomId, 'end');
  for (const client of readers) {
    await client.next('message:saved', ({ payload }) => payload.message.content === 'end');
    expect(contents(client)).toEqual([...numbers(0, written), 'end']);
    expectChain(client, position);
    client.close();
  }
});

test('the position of an answer before any message is good to resume from', async () => {
  const roomId = await system.room(ann, bob);
  const first = await system.signIn(bob);
  const { payload } = await first.ask('room:join', { roomId });
  first.close();
  await first.closed();
  await say(roomId, 'missed');
  const again = await system.signIn(bob);
  const since = 'position' in payload ? payload.position : undefined;
  const answer = await again.ask('room:join', { roomId, since });
  expect(answer.payload).not.toHaveProperty('reset');
  expect(contents(again)).toEqual(['missed']);
  again.close();
});

test('a position that can not be honoured is answered with reset', async () => {
  const roomId = await system.room(ann, bob);
  await say(roomId, 'old');
  const partition = system.log.partitionOf(roomId);
  const epoch = system.log.epochOf(partition);
  const client = await system.signIn(bob);
  for (const since of [
    `zzz.${partition}.1`,
    `${epoch}.${partition === 0 ? 1 : 0}.1`,
    `${epoch}.accounts.1`,
    `${epoch}.${partition}.999999999`,
  ]) {
    expect(await client.ask('room:join', { roomId, since })).toMatchObject({ payload: { success: true, reset: true } });
  }
  expect(contents(client)).toEqual([]);
  await say(roomId, 'live');
  await client.next('message:saved', ({ payload }) => payload.message.content === 'live');
  client.close();
});

test('one resume brings all rooms up to date, each with its own outcome', async () => {
  const [missed, quiet, fresh] = [
    await system.room(ann, bob),
    await system.room(ann, bob),
    await system.room(ann, bob),
  ];
  const [foreign, unknown] = [await system.room(ann), randomUUID()];
  const first = await system.signIn(bob, missed, quiet);
  await say(missed, 'seen');
  const { position } = await first.next('message:saved');
  first.close();
  for (const content of numbers(0, 20)) await say(missed, content);
  await say(fresh, 'not asked for');
  const stays = await system.signIn(ann, missed);
  const again = await system.signIn(bob);
  const answer = await again.ask('resume', {
    rooms: { [missed]: position, [quiet]: 'zzz.0.1', [fresh]: null, [foreign]: null, [unknown]: position },
  });
  expect(answer).toMatchObject({
    type: 'resumed',
    payload: { refused: { [foreign]: 'NOT_IN_ROOM', [unknown]: 'NOT_IN_ROOM' } },
  });
  expect(answer.type === 'resumed' && answer.payload.joined.toSorted()).toEqual([missed, quiet, fresh].toSorted());
  const answers = new Map(again.of('room:join').map(({ payload }) => [payload.roomId, payload]));
  expect(answers.get(missed)).toEqual({
    roomId: missed,
    success: true,
    position: again.of('message:saved').at(-1)?.position,
  });
  expect(answers.get(quiet)).toMatchObject({ reset: true });
  expect(answers.get(fresh)).not.toHaveProperty('reset');
  expect(contents(again)).toEqual(numbers(0, 20));
  expectChain(again, position);
  for (const roomId of [missed, quiet, fresh]) {
    await say(roomId, `live in ${roomId}`);
    await again.next('message:saved', ({ payload }) => payload.message.content === `live in ${roomId}`);
  }
  await stays.settled();
  expect(stays.of('room:join').filter(({ payload }) => 'userId' in payload)).toEqual([]); // nobody has joined: they are back
  for (const client of [again, stays]) client.close();
});

test('who sends right behind the resume is heard in the rooms that it comes back to', async () => {
  const roomIds = [await system.room(ann, bob), await system.room(ann, bob)];
  const foreign = await system.room(ann);
  const client = await system.signIn(bob);
  client.send('resume', { rooms: Object.fromEntries([...roomIds, foreign].map((roomId) => [roomId, null])) });
  for (const roomId of roomIds) client.send('message:new', { roomId, content: roomId, tempId: roomId });
  client.send('message:new', { roomId: foreign, content: 'x' }, 'foreign');
  for (const roomId of roomIds) await client.next('message:saved', ({ payload }) => payload.tempId === roomId);
  const refused = await client.next('error', ({ requestId }) => requestId === 'foreign');
  expect(refused.payload.code).toBe('NOT_IN_ROOM');
  client.close();
});

test('a socket has no more resumes under way than a few: the next frame waits for its turn', async () => {
  const client = await system.signIn(bob);
  const rooms = Object.fromEntries(Array.from({ length: 200 }, () => [randomUUID(), null]));
  const frames = 8 * defaultLimits.maxResumesAtOnce;
  for (let n = 0; n < frames; n++) client.send('resume', { rooms });
  client.send('no:such:frame', {}, 'last');
  await client.next('error', ({ requestId }) => requestId === 'last', 20_000);
  expect(client.of('resumed').length).toBeGreaterThan(frames - defaultLimits.maxResumesAtOnce);
  client.close();
});
