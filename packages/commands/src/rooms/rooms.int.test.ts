import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { collect, outcomes, startSystem, type TestSystem } from '../system.fixture.ts';

let system: TestSystem;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system?.close());

const people = (count: number) => Promise.all(Array.from({ length: count }, () => system.register()));
const historyOf = (roomId: string) => collect(system.log.readSubject({ kind: 'room', roomId, aspect: 'meta' }));

test('parallel joins by one user are one event; parallel leaves too', async () => {
  const [owner, guest] = [await system.register(), await system.register()];
  const roomId = await system.room(owner);
  const joins = Array.from({ length: 20 }, () => system.commands.rooms.join(guest.account.userId, roomId));
  expect((await outcomes(joins)).filter((outcome) => outcome === 'done')).toHaveLength(1);
  const leaves = Array.from({ length: 20 }, () => system.commands.rooms.leave(guest.account.userId, roomId));
  expect((await outcomes(leaves)).filter((outcome) => outcome === 'done')).toHaveLength(1);
  expect(await historyOf(roomId)).toHaveLength(3);
});

test('a private room asks its passcode, which goes with the room', async () => {
  const [owner, guest] = [await system.register(), await system.register()];
  const roomId = await system.room(owner, { type: 'PRIVATE', passcode: 'sesame' });
  const join = (passcode?: string) => system.commands.rooms.join(guest.account.userId, roomId, passcode);
  expect(await outcomes([join(), join('wrong')])).toEqual(['ROOM_ACCESS_DENIED', 'ROOM_ACCESS_DENIED']);
  await join('sesame');
  expect(await outcomes([join()])).toEqual(['RESOURCE_EXISTS']);
  await system.commands.rooms.leave(guest.account.userId, roomId);
  expect(await system.stores.passcodes.get(roomId)).toBeDefined();
  const { room } = await system.commands.rooms.leave(owner.account.userId, roomId);
  expect(room.status).toBe('deleted');
  expect(await system.stores.passcodes.get(roomId)).toBeUndefined();
});

test('a private room without a passcode, or with nobody in its list, does not come into being', async () => {
  const owner = await system.register();
  const { userId } = owner.account;
  const attempts = [
    system.commands.rooms.create(userId, { type: 'PRIVATE' }),
    system.commands.rooms.create(userId, { type: 'PUBLIC', memberIds: [randomUUID()] }),
  ];
  expect(await outcomes(attempts)).toEqual(['VALIDATION_ERROR', 'VALIDATION_ERROR']);
});

test('who may add learns that there is no such user, who may not learns nothing', async () => {
  const [owner, guest] = [await system.register(), await system.register()];
  const roomId = await system.room(owner, { members: [guest] });
  const add = (by: string) => system.commands.rooms.addMember(by, roomId, randomUUID(), 'MEMBER');
  expect(await outcomes([add(owner.account.userId)])).toEqual(['AUTH_USER_NOT_FOUND']);
  expect(await outcomes([add(guest.account.userId)])).toEqual(['ROOM_ACCESS_DENIED']);
});

test('parallel transfers leave one owner', async () => {
  const [owner, ...others] = await people(6);
  if (owner === undefined) throw new Error('nobody has registered');
  const roomId = await system.room(owner, { members: others });
  const transfers = others.map(({ account }) =>
    system.commands.rooms.transfer(owner.account.userId, roomId, account.userId),
  );
  expect((await outcomes(transfers)).filter((outcome) => outcome === 'done')).toHaveLength(1);
  const room = await system.commands.rooms.load(roomId);
  const owners = room.status === 'open' ? [...room.members.values()].filter(({ role }) => role === 'OWNER') : [];
  expect(owners).toHaveLength(1);
});

test('a deletion meets those who join: all of them are in before it, or refused', async () => {
  const [owner, ...others] = await people(11);
  if (owner === undefined) throw new Error('nobody has registered');
  const roomId = await system.room(owner);
  const attempts = others.map(({ account }) => system.commands.rooms.join(account.userId, roomId));
  const deletion = system.commands.rooms.remove(owner.account.userId, roomId);
  const results = await outcomes(attempts);
  await deletion;
  const history = await historyOf(roomId);
  expect(history.at(-1)?.type).toBe('RoomDeleted');
  expect(history).toHaveLength(2 + results.filter((result) => result === 'done').length);
});
