import { randomUUID } from 'node:crypto';
import { type ChatEvent, newMessage } from '@kuraxx/domain';
import { formatPosition, openEventLog } from '@kuraxx/event-store';
import { eventually, type FreshServer, freshNats } from '@kuraxx/testing';
import { connect, type NatsConnection } from 'nats';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { cli, startCli } from '../cli.fixture.ts';
import { exitCodes } from '../frame/exit-codes.ts';

let server: FreshServer;
let nats: NatsConnection;
let log: Awaited<ReturnType<typeof openEventLog>>;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  server = await freshNats();
  env = { NATS_URL: server.url };
  nats = await connect({ servers: server.url });
});
afterAll(async () => {
  await log?.close();
  await nats.close();
  await server.remove();
});

const at = '2031-02-03T04:05:06.789Z';
const delete_ = (roomId: string) =>
  log.append({ kind: 'room', roomId, aspect: 'meta' }, { type: 'RoomDeleted', data: { roomId, by: 'mira', at } });
const register = (userId: string) =>
  log.append(
    { kind: 'account', userId },
    { type: 'UserRegistered', data: { userId, username: 'mira', displayName: 'Mira', at } },
  );

test('looking at a server without a log sets none up', async () => {
  const { code, stderr } = await cli(env, 'events', 'show', '0.1');
  expect({ code, stderr }).toMatchObject({ code: exitCodes.refused.code });
  expect(stderr).toContain('no KuraXX log');
  expect((await cli(env, 'streams', 'status')).code).toBe(exitCodes.refused.code);
  log = await openEventLog({ nats, roomPartitions: 2, source: 'kuraxx/test' }); // as many as it likes
});

test('what is set up is not set up in another way', async () => {
  const other = await cli(env, 'streams', 'create', '--partitions', '8');
  expect(other.code).toBe(exitCodes.refused.code);
  expect(other.stderr).toContain('the log has 2 partitions of rooms, which are fixed for ever; not 8');
  expect((await cli(env, 'streams', 'create', '--json')).json()).toMatchObject({ partitions: 2, replicas: 1 });
});

test('streams status shows every stream, and what is wrong with one', async () => {
  await register(randomUUID());
  const sound = await cli(env, 'streams', 'status', '--json');
  expect(sound.code).toBe(0);
  expect(sound.json()).toMatchObject({
    roomPartitions: 2,
    streams: [{ name: 'KURAXX_ACCOUNTS', events: 1, last: 1 }, { name: 'KURAXX_ROOMS_0' }, { name: 'KURAXX_ROOMS_1' }],
  });
  expect((await cli(env, 'streams', 'status')).stdout).toMatch(/^KURAXX_ROOMS_0 +\w+ +0 +0/m);
});

test('an event is shown by its position, with or without the epoch', async () => {
  const userId = randomUUID();
  const { position } = await register(userId);
  const whole = await cli(env, 'events', 'show', formatPosition(position), '--json');
  expect(whole.json()).toMatchObject({
    position: formatPosition(position),
    about: `account ${userId}`,
    type: 'kuraxx.account.registered.v1',
    data: { username: 'mira' },
  });
  const short = await cli(env, 'events', 'show', `accounts.${position.sequence}`);
  expect(short.stdout).toContain('"username": "mira"');
});

test.each([
  ['accounts.999999', 'refused', 'there is no event'],
  ['7.1', 'usage', 'is no position of this log'],
  ['other.0.1', 'usage', 'of another log'],
  ['x', 'usage', 'is no position'],
] as const)('a position that does not exist is refused: %s', async (position, exit, says) => {
  const { code, stderr } = await cli(env, 'events', 'show', position);
  expect(code).toBe(exitCodes[exit].code);
  expect(stderr).toContain(says);
});

test('a room shows its own events, oldest first, so many as asked for', async () => {
  const [roomId, other] = [randomUUID(), randomUUID()];
  const first = await delete_(roomId);
  await delete_(other);
  const second = await delete_(roomId);
  const third = await delete_(roomId);
  const positions = (lines: unknown[]) => lines.map((line) => z.object({ position: z.string() }).parse(line).position);
  const two = await cli(env, 'events', 'show', '--room', roomId, '--limit', '2', '--json');
  expect(positions(two.lines())).toEqual([first, second].map((one) => formatPosition(one.position)));
  expect(two.stderr).toContain('there are more');
  const rest = await cli(env, 'events', 'show', '--room', roomId, '--after', positions(two.lines())[1] ?? '', '--json');
  expect(positions(rest.lines())).toEqual([formatPosition(third.position)]);
});

test('a room is shown as it was, by position and by time', async () => {
  const roomId = randomUUID();
  const append = (aspect: 'meta' | 'msg', event: ChatEvent) => log.append({ kind: 'room', roomId, aspect }, event);
  const members = [{ membershipId: 'ms', userId: 'mira', role: 'OWNER' as const }];
  const settings = { name: 'Crew', description: null, type: 'PUBLIC' as const, topics: [], hasPasscode: false };
  const created = await append('meta', {
    type: 'RoomCreated',
    data: { roomId, ...settings, createdById: 'mira', members, at },
  });
  const sender = {
    id: 'mira',
    username: 'mira',
    displayName: 'Mira',
    avatarUrl: null,
    isOnline: true,
    lastSeenAt: null,
  };
  const message = newMessage({ messageId: 'm-1', roomId, content: 'Ahoy', type: 'TEXT', sender, replyTo: null, at });
  await append('msg', { type: 'MessageSent', data: { message } });
  await append('meta', {
    type: 'MemberAdded',
    data: { roomId, membershipId: 'ms-2', userId: 'tom', role: 'MEMBER', by: 'mira', at },
  });
  const first = await cli(
    env,
    'events',
    'at',
    '--room',
    roomId,
    '--position',
    formatPosition(created.position),
    '--json',
  );
  expect(first.json()).toMatchObject({ room: { name: 'Crew', members: { mira: { role: 'OWNER' } } }, messages: [] });
  const now = await cli(env, 'events', 'at', '--room', roomId, '--time', '2999-01-01T00:00:00Z');
  expect(now.stdout).toContain('Ahoy');
  expect(now.stdout).toMatch(/^tom +MEMBER/m);
  expect((await cli(env, 'events', 'at', '--room', roomId)).code).toBe(exitCodes.usage.code);
  const early = await cli(env, 'events', 'at', '--room', roomId, '--time', '2000-01-01T00:00:00Z');
  expect(early.code).toBe(exitCodes.refused.code);
});

test('tail begins with the last ones, follows, and ends with Ctrl-C', async () => {
  const roomId = randomUUID();
  await delete_(roomId);
  const tail = startCli(env, 'events', 'tail', '--room', roomId, '--last', '1000', '--json');
  await eventually(() => expect(tail.stdout().split('\n')).toHaveLength(2));
  await delete_(randomUUID());
  await delete_(roomId);
  await eventually(() => expect(tail.stdout().split('\n')).toHaveLength(3));
  const run = await tail.stop();
  expect(run.code).toBe(exitCodes.cancelled.code);
  expect(run.lines()).toHaveLength(2);
});
