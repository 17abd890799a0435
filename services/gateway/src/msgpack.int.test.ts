import type { ServerFrame } from '@kuraxx/contracts';
import { eventually, testServers } from '@kuraxx/testing';
import { encode } from '@msgpack/msgpack';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type Client, openClient } from './client.fixture.ts';
import { type Person, startGateway, type TestGateway } from './gateway.fixture.ts';
import { messageDeleted, messageEdited } from './room.fixture.ts';

let system: TestGateway;
let ann: Person;
let bob: Person;
let eve: Person;

beforeAll(async () => {
  system = await startGateway(testServers().natsUrl, { limits: { tailFrames: 10 } });
  [ann, bob, eve] = await Promise.all([system.person('ann'), system.person('bob'), system.person('eve')]);
});
afterAll(() => system.close());

/** Two sockets of one user. */
const twins = (person: Person) =>
  Promise.all([system.signInWith('json', person), system.signInWith('msgpack', person)] as const);
/** An answer, without what differs between any two. */
const timeless = ({ timestamp: _timestamp, requestId: _requestId, ...rest }: ServerFrame) => rest;
const direct = (client: Client) => client.frames.filter(({ requestId }) => requestId !== undefined).map(timeless);
const live = (client: Client) => client.frames.filter(({ requestId }) => requestId === undefined);
const say = (roomId: string, content: string) =>
  system.commands.messages.send({ senderId: ann.userId, roomId, content, type: 'TEXT' });

test('all that happens in a room looks the same by JSON and by MessagePack, to the byte of its values', async () => {
  const roomId = await system.room(ann, bob);
  const both = await twins(bob);
  for (const client of both) await client.ask('room:join', { roomId });
  const author = await system.signIn(ann, roomId);
  author.send('typing:start', { roomId });
  author.send('message:new', { roomId, content: 'ahoy "ß" 🎉', tempId: 't-1' });
  author.send('typing:stop', { roomId });
  const { message } = (await author.next('message:saved')).payload;
  const edits = { kind: 'room', roomId, aspect: 'edit' } as const;
  await system.log.append(edits, messageEdited(roomId, 'aye'));
  await system.log.append(edits, messageDeleted(roomId, message.id));
  await system.commands.rooms.join(eve.userId, roomId);
  await system.commands.rooms.removeMember(ann.userId, roomId, eve.userId);
  await author.ask('room:leave', { roomId });
  const { position } = await say(roomId, 'the end');
  for (const client of both) {
    await client.next('message:saved', ({ payload }) => payload.message.content === 'the end');
    client.close();
  }
  const types = new Set(live(both[1]).map(({ type }) => type));
  const expected = ['typing:start', 'typing:stop', 'message:saved', 'message:update', 'message:delete'];
  expect([...types]).toEqual(expect.arrayContaining([...expected, 'room:join', 'room:leave']));
  const inRoom = (client: Client) => live(client).filter(({ type }) => !type.startsWith('presence:'));
  expect(inRoom(both[1])).toEqual(inRoom(both[0]));
  expect(position.sequence).toBeGreaterThan(0);
});

test('every frame that a client can send is answered alike', async () => {
  const roomId = await system.room(ann, bob);
  const foreign = await system.room(ann);
  const both = await twins(bob);
  for (const client of both) {
    await client.ask('room:join', { roomId: foreign });
    await client.ask('room:join', { roomId: 'nonsense' });
    await client.ask('room:join', { roomId, since: 'other.0.1' });
    await client.ask('resume', { rooms: { [roomId]: null, [foreign]: null } });
    client.send('typing:start', { roomId: 7 });
    await client.ask('message:new', { roomId, content: '' });
    await client.ask('room:leave', { roomId });
    await client.ask('message:new', { roomId, content: 'too late' });
    await client.ask('no such type', null);
    await client.ask('authenticate', { token: 'nonsense' });
    client.close();
  }
  expect(direct(both[1])).toHaveLength(10);
  expect(direct(both[1])).toEqual(direct(both[0]));
});

test('what was missed, from memory and from the log, comes alike', async () => {
  const roomId = await system.room(ann, bob);
  const first = await system.signIn(bob, roomId);
  await say(roomId, 'seen');
  const { position } = await first.next('message:saved');
  for (let count = 0; count < 30; count++) await say(roomId, `missed ${count}`);
  const both = await twins(bob);
  for (const client of both) await client.ask('resume', { rooms: { [roomId]: position } });
  const shown = (client: Client) => client.of('message:saved').map(timeless);
  expect(shown(both[1])).toHaveLength(30);
  expect(shown(both[1])).toEqual(shown(both[0]));
  for (const client of [first, ...both]) client.close();
});

test('who comes and goes, and the gateway itself, are told alike', async () => {
  const roomsOf = new Map<string, string[]>();
  const limits = { expiryGraceMs: 60_000, sweepIntervalMs: 50 };
  const own = await startGateway(testServers().natsUrl, { roomsOf, accessExpiryMs: 2_000, limits });
  const [cat, dan] = [await own.person('cat'), await own.person('dan')];
  const roomId = await own.room(cat, dan);
  for (const { userId } of [cat, dan]) roomsOf.set(userId, [roomId]);
  const both = await Promise.all([own.signInWith('json', cat), own.signInWith('msgpack', cat)] as const);
  for (const client of both) await client.ask('room:join', { roomId });
  const other = await own.signIn(dan, roomId);
  for (const client of both) await client.next('presence:online', ({ payload }) => payload.userId === dan.userId);
  other.close();
  for (const client of both) await client.next('presence:offline', ({ payload }) => payload.userId === dan.userId);
  for (const client of both) await client.next('token:expired');
  await own.close();
  for (const client of both) {
    expect(client.of('reconnect')).toHaveLength(1);
    expect(await client.closed()).toBe(1012);
  }
});

test('a text message on a MessagePack socket is read as JSON, and answered in MessagePack', async () => {
  const client = await system.signInWith('msgpack', ann);
  client.raw(JSON.stringify({ type: 'no such type', payload: {}, requestId: 'by text' }));
  await client.next('error', ({ requestId }) => requestId === 'by text');
  client.raw('no JSON');
  client.raw(Buffer.alloc(60_000, 0x91));
  client.raw(Buffer.from(encode(['no map'])));
  await client.settled();
  expect(client.of('error').filter(({ payload }) => payload.code === 'INVALID_MESSAGE')).toHaveLength(3);
  client.close();
});

describe('limits', () => {
  test('a frame above 64 KiB closes with 1009', async () => {
    const client = await system.signInWith('msgpack', ann);
    client.raw(Buffer.alloc(64 * 1024 + 1));
    expect(await client.closed()).toBe(1009);
  });

  test('too many frames are refused by their requestId, a flood is closed with 4300', async () => {
    const own = await startGateway(testServers().natsUrl, {
      limits: { framesPerSecond: 1, burstFrames: 5, maxRefusedFrames: 20 },
    });
    const client = await own.signInWith('msgpack', await own.person('cat'));
    for (let count = 0; count < 10; count++) client.send('nope', {}, `nope-${count}`);
    await client.next('error', ({ payload, requestId }) => payload.code === 'RATE_LIMITED' && requestId === 'nope-9');
    for (let count = 0; count < 100; count++) client.raw(Buffer.from([0xc1]));
    expect(await client.closed()).toBe(4300);
    await own.close();
  });
});

describe('the handshake', () => {
  const open = async (...protocols: string[]): Promise<string | undefined> => {
    const socket = new WebSocket(system.url, protocols);
    try {
      return await new Promise<string>((resolve, reject) => {
        socket.once('open', () => resolve(socket.protocol));
        socket.once('error', reject);
      });
    } catch {
      return undefined;
    } finally {
      socket.terminate();
    }
  };

  test('names what was agreed on: the first that the client offers and the gateway knows', async () => {
    expect(await open()).toBe('');
    expect(await open('kuraxx.v1+json')).toBe('kuraxx.v1+json');
    expect(await open('chat', 'kuraxx.v1+msgpack', 'kuraxx.v1+json')).toBe('kuraxx.v1+msgpack');
  });

  test('names none when none is known: a client that insists on one turns away', async () => {
    expect(await open('graphql-ws', 'chat')).toBeUndefined();
  });

  test('of a client that asks for none nothing changes', async () => {
    const client = await openClient(system.url);
    expect(client.socket.protocol).toBe('');
    await client.settled();
    client.close();
    await eventually(() => expect(client.closeCode()).toBeDefined());
  });
});
