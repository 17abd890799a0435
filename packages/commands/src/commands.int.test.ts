import { randomUUID } from 'node:crypto';
import { Refusal } from '@kuraxx/domain';
import { createCheckpointWatch, type EventLog, openEventLog } from '@kuraxx/event-store';
import { type FreshServer, freshNats } from '@kuraxx/testing';
import { connect, type NatsConnection } from 'nats';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { emailKey } from './accounts/names.ts';
import { type Commands, createCommands } from './index.ts';
import { openStores, type Stores } from './kv/buckets.ts';

let server: FreshServer;
let nats: NatsConnection;
let log: EventLog & { close(): Promise<void> };
let commands: Commands;
let stores: Stores;

beforeAll(async () => {
  server = await freshNats();
  nats = await connect({ servers: server.url });
  log = await openEventLog({ nats, source: 'kuraxx/test' });
  commands = await createCommands({
    nats,
    log,
    checkpoints: createCheckpointWatch(nats),
    findMessages: async () => new Map(),
    config: { jwtSecret: 's'.repeat(32), accessExpiryMs: 900_000, refreshExpiryMs: 900_000, bcryptRounds: 4 },
    logger: pino({ level: 'silent' }),
  });
  stores = await openStores(nats, 1);
});
afterAll(async () => {
  await commands?.close();
  await log?.close();
  await nats?.close();
  await server?.remove();
});

const password = 'correct horse';
const named = (name: string) => ({ email: `${name}@Example.org`, username: name, password });
const register = () => commands.accounts.register(named(`u_${randomUUID().slice(0, 8)}`));
const outcomes = async (attempts: Promise<unknown>[]): Promise<string[]> =>
  (await Promise.allSettled(attempts))
    .map((result) =>
      result.status === 'fulfilled' ? 'done' : result.reason instanceof Refusal ? result.reason.code : 'error',
    )
    .toSorted();

test('of parallel registrations of one e-mail, in any case, exactly one wins, and losers leave nothing', async () => {
  const stem = randomUUID().slice(0, 8);
  const attempts = Array.from({ length: 30 }, (_, index) =>
    commands.accounts.register({
      email: `${index % 2 === 0 ? stem : stem.toUpperCase()}@example.org`,
      username: `${stem}_${index}`,
      password,
    }),
  );
  expect(await outcomes(attempts)).toEqual([...Array.from({ length: 29 }, () => 'AUTH_USER_EXISTS'), 'done']);
  const names = await stores.names.keys(`username.${stem}_>`).catch(() => []);
  const all = (await stores.names.keys('>')).filter((key) => key.startsWith(`username.${stem}_`));
  expect([...names, ...all]).toHaveLength(1);
});

test('a name that a crash left reserved is free again after half a minute, and the late comer loses', async () => {
  const lost = randomUUID();
  const name = `u_${randomUUID().slice(0, 8)}`;
  const young = { userId: lost, at: new Date().toISOString() };
  await stores.names.create(emailKey(`${name}@example.org`), young);
  expect(await outcomes([commands.accounts.register(named(name))])).toEqual(['AUTH_USER_EXISTS']);
  await stores.names.put(emailKey(`${name}@example.org`), {
    userId: lost,
    at: new Date(Date.now() - 31_000).toISOString(),
  });
  await commands.accounts.register(named(name));
  const late = log.append(
    { kind: 'account', userId: lost },
    { type: 'UserRegistered', data: { userId: lost, username: name, displayName: name, at: '' } },
    { expectedSequence: 0 },
  );
  await expect(late).rejects.toThrow(/wrong last sequence/);
});

test('log-in folds the case of the e-mail; a wrong password and an unknown e-mail are refused alike', async () => {
  const { email, account } = await register();
  const signedIn = await commands.accounts.login({ email: email.toUpperCase(), password });
  expect(signedIn.account.userId).toBe(account.userId);
  expect(signedIn.email).toBe(email);
  const wrong = [
    commands.accounts.login({ email, password: 'wrong horse' }),
    commands.accounts.login({ email: 'nobody@example.org', password }),
  ];
  expect(await outcomes(wrong)).toEqual(['AUTH_INVALID_CREDENTIALS', 'AUTH_INVALID_CREDENTIALS']);
});

test('of parallel refreshes with one token exactly one wins, and the winner goes on', async () => {
  const { tokens } = await register();
  const attempts = Array.from({ length: 20 }, () => commands.accounts.refresh(tokens.refreshToken));
  const settled = await Promise.allSettled(attempts);
  const won = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  expect(won).toHaveLength(1);
  await commands.accounts.refresh(won[0]?.refreshToken ?? '');
  await expect(commands.accounts.refresh(tokens.refreshToken)).rejects.toThrow(Refusal);
});

test('log-out ends all sessions; a refresh token is no access token', async () => {
  const { tokens, account, email } = await register();
  const other = await commands.accounts.login({ email, password });
  await commands.accounts.logout(account.userId);
  const tries = [tokens, other.tokens].map(({ refreshToken }) => commands.accounts.refresh(refreshToken));
  expect(await outcomes(tries)).toEqual(['AUTH_TOKEN_INVALID', 'AUTH_TOKEN_INVALID']);
  expect(await outcomes([commands.accounts.authenticate(tokens.refreshToken)])).toEqual(['AUTH_TOKEN_INVALID']);
  expect((await commands.accounts.authenticate(tokens.accessToken)).userId).toBe(account.userId);
});

test('parallel joins by one user are one event; parallel leaves too', async () => {
  const [owner, guest] = await Promise.all([register(), register()]);
  const { room } = await commands.rooms.create(owner.account.userId, { type: 'PUBLIC' });
  if (room.status !== 'open') throw new Error('not open');
  const { roomId } = room;
  const joins = Array.from({ length: 20 }, () => commands.rooms.join(guest.account.userId, roomId));
  expect((await outcomes(joins)).filter((outcome) => outcome === 'done')).toHaveLength(1);
  const leaves = Array.from({ length: 20 }, () => commands.rooms.leave(guest.account.userId, roomId));
  expect((await outcomes(leaves)).filter((outcome) => outcome === 'done')).toHaveLength(1);
  let events = 0;
  for await (const _record of log.readSubject({ kind: 'room', roomId, aspect: 'meta' })) events++;
  expect(events).toBe(3);
});

test('a private room asks its passcode', async () => {
  const [owner, guest] = await Promise.all([register(), register()]);
  const { room } = await commands.rooms.create(owner.account.userId, { type: 'PRIVATE', passcode: 'sesame' });
  if (room.status !== 'open') throw new Error('not open');
  const join = (passcode?: string) => commands.rooms.join(guest.account.userId, room.roomId, passcode);
  expect(await outcomes([join(), join('wrong')])).toEqual(['ROOM_ACCESS_DENIED', 'ROOM_ACCESS_DENIED']);
  await join('sesame');
  await commands.rooms.removeMember(owner.account.userId, room.roomId, guest.account.userId);
  await commands.rooms.remove(owner.account.userId, room.roomId);
  expect(await stores.passcodes.get(room.roomId)).toBeUndefined();
});

test('the same tempId is the same message, at once and again', async () => {
  const owner = await register();
  const { room } = await commands.rooms.create(owner.account.userId, { type: 'PUBLIC' });
  if (room.status !== 'open') throw new Error('not open');
  const send = (content: string) =>
    commands.messages.send({
      senderId: owner.account.userId,
      roomId: room.roomId,
      content,
      type: 'TEXT',
      tempId: 't-1',
    });
  const sent = await Promise.all([send('first'), send('first'), send('first')]);
  const again = await send('another text');
  expect(new Set([...sent, again].map(({ message }) => message.id)).size).toBe(1);
  expect(again).toMatchObject({ duplicate: true, message: { content: 'first' } });
  expect(sent.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
});

test('who is not in the room sends nothing', async () => {
  const [owner, stranger] = await Promise.all([register(), register()]);
  const { room } = await commands.rooms.create(owner.account.userId, { type: 'PUBLIC' });
  if (room.status !== 'open') throw new Error('not open');
  const send = (senderId: string, roomId: string) =>
    commands.messages.send({ senderId, roomId, content: 'x', type: 'TEXT' });
  expect(await outcomes([send(stranger.account.userId, room.roomId)])).toEqual(['ROOM_ACCESS_DENIED']);
  expect(await outcomes([send(owner.account.userId, randomUUID())])).toEqual(['ROOM_NOT_FOUND']);
});
