import { createTcpProxy, eventually } from '@kuraxx/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { collect, outcomes, password, startSystem, type TestProcess, type TestSystem } from './system.fixture.ts';

/** Two processes on one log: what one has done, the other knows. */
let system: TestSystem;
let other: TestProcess;

beforeAll(async () => {
  system = await startSystem();
  other = await system.another();
});
afterAll(async () => {
  await other?.close();
  await system?.close();
});

test('who has joined through one process is not turned away by the other, not even for a moment', async () => {
  const [owner, ...guests] = await Promise.all(Array.from({ length: 21 }, () => system.register()));
  if (owner === undefined) throw new Error('nobody has registered');
  const roomId = await system.room(owner);
  await other.commands.rooms.load(roomId); // it knows the room without them
  for (const { account } of guests) {
    await system.commands.rooms.join(account.userId, roomId);
    await other.commands.messages.send({ senderId: account.userId, roomId, content: 'x', type: 'TEXT' });
    const room = await other.commands.rooms.load(roomId);
    expect(room.status === 'open' && room.members.has(account.userId)).toBe(true);
  }
});

test('a removal reaches the other process by itself', async () => {
  const [owner, guest] = await Promise.all([system.register(), system.register()]);
  const { userId } = guest.account;
  const roomId = await system.room(owner, { members: [guest] });
  const send = () => other.commands.messages.send({ senderId: userId, roomId, content: 'x', type: 'TEXT' });
  await send();
  await system.commands.rooms.removeMember(owner.account.userId, roomId, userId);
  await eventually(() => {
    const room = other.commands.rooms.peek(roomId);
    expect(room?.status === 'open' && !room.members.has(userId)).toBe(true);
  });
  expect(await outcomes([send()])).toEqual(['ROOM_ACCESS_DENIED']);
});

test('who was removed can not send through a process that stood still, and so does not know it yet', async () => {
  const [owner, guest] = await Promise.all([system.register(), system.register()]);
  const { userId } = guest.account;
  const roomId = await system.room(owner, { members: [guest] });
  const proxy = await createTcpProxy(system.server.url);
  const behind = await system.another({ natsUrl: proxy.url });
  const send = () => behind.commands.messages.send({ senderId: userId, roomId, content: 'x', type: 'TEXT' });
  try {
    await send(); // now it knows the membership by heart
    proxy.pause();
    await system.commands.rooms.removeMember(owner.account.userId, roomId, userId);
    const late = outcomes([send()]);
    await new Promise((resolve) => setImmediate(resolve)); // it has been asked
    proxy.resume();
    expect(await late).toEqual(['ROOM_ACCESS_DENIED']);
  } finally {
    await behind.close();
    await proxy.close();
  }
});

test('parallel joins of many through both processes are all stored, each once', async () => {
  const [owner, ...guests] = await Promise.all(Array.from({ length: 31 }, () => system.register()));
  if (owner === undefined) throw new Error('nobody has registered');
  const roomId = await system.room(owner);
  const joins = guests.flatMap(({ account }) => [
    system.commands.rooms.join(account.userId, roomId),
    other.commands.rooms.join(account.userId, roomId),
  ]);
  const results = await outcomes(joins);
  expect(results.filter((result) => result === 'done')).toHaveLength(30);
  expect(results.filter((result) => result === 'RESOURCE_EXISTS')).toHaveLength(30);
  expect(await collect(system.log.readSubject({ kind: 'room', roomId, aspect: 'meta' }))).toHaveLength(31);
});

test('of parallel registrations through both processes one wins; it signs in through either', async () => {
  const names = { email: 'race@example.org', username: 'race', password };
  const attempts = [system, other, system, other].map(({ commands }) => commands.accounts.register(names));
  expect(await outcomes(attempts)).toEqual(['AUTH_USER_EXISTS', 'AUTH_USER_EXISTS', 'AUTH_USER_EXISTS', 'done']);
  const { tokens } = await system.commands.accounts.login(names);
  const { account } = await other.commands.accounts.authenticate(tokens.accessToken);
  await system.commands.accounts.updateProfile(account.userId, { displayName: 'Racer' });
  await eventually(async () => {
    expect((await other.commands.accounts.find(account.userId))?.displayName).toBe('Racer');
  });
});

test('after a restart of NATS what was known is read again', async () => {
  const [owner, guest] = await Promise.all([system.register(), system.register()]);
  const roomId = await system.room(owner);
  await other.commands.rooms.load(roomId);
  await system.server.kill();
  const send = () =>
    other.commands.messages.send({ senderId: owner.account.userId, roomId, content: 'x', type: 'TEXT' });
  expect(await outcomes([send()])).toEqual(['Unavailable']);
  await system.server.restart();
  await eventually(() => system.commands.rooms.join(guest.account.userId, roomId).then(() => true), {
    timeoutMs: 15_000,
  });
  await other.commands.messages.send({ senderId: guest.account.userId, roomId, content: 'x', type: 'TEXT' });
});
