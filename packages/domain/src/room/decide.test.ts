import { specificationOf } from '@kuraxx/testing';
import { describe, expect, test } from 'vitest';
import type { RoomEvent } from '../events/index.ts';
import {
  ann,
  at,
  bob,
  cid,
  created,
  dan,
  later,
  madeAdmin,
  removed,
  roomDeleted,
  roomId,
  systemMessage,
} from '../people.fixture.ts';
import { decideRoom, type RoomChanges, type RoomCommand } from './decide.ts';
import { evolveRoom, initialRoom, maxMembers } from './room.ts';

const given = specificationOf({
  decide: (command: RoomCommand, room: ReturnType<typeof initialRoom>) => {
    const event = decideRoom(command, room);
    return event === undefined ? [] : [event];
  },
  evolve: (room, event: RoomEvent) => evolveRoom(room, event, 1),
  initialState: initialRoom,
});

const create = (more: Partial<Extract<RoomCommand, { type: 'CreateRoom' }>> = {}): RoomCommand => ({
  type: 'CreateRoom',
  by: ann,
  roomId,
  name: 'Crew',
  description: null,
  roomType: 'PUBLIC',
  topics: ['sail'],
  hasPasscode: false,
  members: [],
  ownMembershipId: 'ms-ann',
  at,
  ...more,
});
const add = (by: string, userId: string, role: 'ADMIN' | 'MEMBER' = 'MEMBER'): RoomCommand => ({
  type: 'AddMember',
  by,
  userId,
  role,
  membershipId: `ms-${userId}`,
  at,
});
const added = (by: string, userId: string, role: 'ADMIN' | 'MEMBER' = 'MEMBER'): RoomEvent => ({
  type: 'MemberAdded',
  data: { roomId, membershipId: `ms-${userId}`, userId, role, by, at },
});
const person = (userId: string) => ({ userId, username: userId, displayName: userId, message: systemMessage(userId) });
const join = (userId: string, passcodeFits = true): RoomCommand => ({
  type: 'JoinRoom',
  ...person(userId),
  membershipId: `ms-${userId}`,
  passcodeFits,
  at,
});
const leave = (userId: string): RoomCommand => ({ type: 'LeaveRoom', ...person(userId), at });
const remove = (by: string, userId: string): RoomCommand => ({
  type: 'RemoveMember',
  by,
  userId,
  username: userId,
  at,
});
const changeRole = (by: string, userId: string, role: 'ADMIN' | 'MEMBER'): RoomCommand => ({
  type: 'ChangeRole',
  by,
  userId,
  role,
  at,
});
const transfer = (by: string, userId: string): RoomCommand => ({ type: 'TransferOwnership', by, userId, at });
const update = (by: string, changes: RoomChanges): RoomCommand => ({
  type: 'UpdateRoom',
  by,
  changes,
  at,
});
const members = (count: number): string[] => Array.from({ length: count }, (_, index) => `user-${index}`);

describe('creating', () => {
  test('the creator owns the room', () => given().when(create()).then(created()));
  test('the creator and duplicates among the members are merged', () =>
    given()
      .when(create({ members: [bob, ann, bob].map((userId) => ({ userId, membershipId: `ms-${userId}` })) }))
      .then(created(bob)));
  test('a room is created once', () => given(created()).when(create()).thenRefused('RESOURCE_EXISTS'));
  test('a deleted room stays deleted', () =>
    given(created(), roomDeleted).when(create()).thenRefused('RESOURCE_EXISTS'));
  test('a private room needs a passcode', () =>
    given()
      .when(create({ roomType: 'PRIVATE' }))
      .thenRefused('VALIDATION_ERROR'));
  test('a thousand members beside the creator are too many', () =>
    given()
      .when(create({ members: members(maxMembers).map((userId) => ({ userId, membershipId: userId })) }))
      .thenRefused('VALIDATION_ERROR'));
});

describe('changing the room', () => {
  test('values that are not named stay', () =>
    given(created(bob), madeAdmin(bob))
      .when(update(bob, { description: 'all hands' }))
      .then({
        type: 'RoomUpdated',
        data: { roomId, name: 'Crew', description: 'all hands', avatarUrl: null, by: bob, at },
      }));
  test('a value of null is taken away', () =>
    given(created())
      .when(update(ann, { name: null }))
      .then({ type: 'RoomUpdated', data: { roomId, name: null, description: null, avatarUrl: null, by: ann, at } }));
  test('a plain member may not', () =>
    given(created(bob))
      .when(update(bob, { name: 'x' }))
      .thenRefused('ROOM_ACCESS_DENIED'));
  test('a stranger may not', () =>
    given(created())
      .when(update(bob, { name: 'x' }))
      .thenRefused('ROOM_ACCESS_DENIED'));
  test('an unknown room is not found', () =>
    given()
      .when(update(ann, { name: 'x' }))
      .thenRefused('ROOM_NOT_FOUND'));
  test('the owner deletes it', () => given(created(bob)).when({ type: 'DeleteRoom', by: ann, at }).then(roomDeleted));
  test('an admin may not delete it', () =>
    given(created(bob), madeAdmin(bob)).when({ type: 'DeleteRoom', by: bob, at }).thenRefused('ROOM_ACCESS_DENIED'));
  test('a deleted room is not found', () =>
    given(created(), roomDeleted).when({ type: 'DeleteRoom', by: ann, at }).thenRefused('ROOM_NOT_FOUND'));
});

describe('adding', () => {
  test('the owner adds an admin', () =>
    given(created())
      .when(add(ann, bob, 'ADMIN'))
      .then(added(ann, bob, 'ADMIN')));
  test('an admin adds a member', () => given(created(bob), madeAdmin(bob)).when(add(bob, cid)).then(added(bob, cid)));
  test('an admin makes no admins', () =>
    given(created(bob), madeAdmin(bob))
      .when(add(bob, cid, 'ADMIN'))
      .thenRefused('ROOM_ACCESS_DENIED'));
  test('a member adds nobody', () => given(created(bob)).when(add(bob, cid)).thenRefused('ROOM_ACCESS_DENIED'));
  test('nobody is added twice', () => given(created(bob)).when(add(ann, bob)).thenRefused('RESOURCE_EXISTS'));
  test('a full room takes nobody', () =>
    given(created(...members(maxMembers - 1)))
      .when(add(ann, bob))
      .thenRefused('RESOURCE_EXISTS'));
});

describe('joining', () => {
  const joined: RoomEvent = { type: 'MemberJoined', data: { roomId, membershipId: 'ms-bob', ...person(bob), at } };
  const hidden: RoomEvent = { type: 'RoomCreated', data: { ...created().data, type: 'PRIVATE', hasPasscode: true } };
  test('a public room takes anybody, whatever passcode they give', () =>
    given(created()).when(join(bob, false)).then(joined));
  test('a private room asks the passcode', () =>
    given(hidden).when(join(bob, false)).thenRefused('ROOM_ACCESS_DENIED'));
  test('with the passcode one is in', () => given(hidden).when(join(bob)).then(joined));
  test('nobody joins twice', () => given(created(bob)).when(join(bob)).thenRefused('RESOURCE_EXISTS'));
  test('a full room takes nobody', () =>
    given(created(...members(maxMembers - 1)))
      .when(join(bob))
      .thenRefused('RESOURCE_EXISTS'));
  test('an unknown room is not found', () => given().when(join(bob)).thenRefused('ROOM_NOT_FOUND'));
});

describe('leaving', () => {
  test('a member leaves', () =>
    given(created(bob))
      .when(leave(bob))
      .then({ type: 'MemberLeft', data: { roomId, ...person(bob), at } }));
  test('a stranger has nothing to leave', () => given(created()).when(leave(bob)).thenRefused('ROOM_ACCESS_DENIED'));
  test('the owner does not leave others behind', () =>
    given(created(bob)).when(leave(ann)).thenRefused('ROOM_ACCESS_DENIED'));
  test('the owner alone deletes the room by leaving', () => given(created()).when(leave(ann)).then(roomDeleted));
});

describe('removing', () => {
  test('the owner removes anybody', () =>
    given(created(bob), madeAdmin(bob)).when(remove(ann, bob)).then(removed(bob, ann)));
  test('an admin removes a member', () =>
    given(created(bob, cid), madeAdmin(bob)).when(remove(bob, cid)).then(removed(cid, bob)));
  test('an admin removes no admin', () =>
    given(created(bob, cid), madeAdmin(bob), madeAdmin(cid)).when(remove(bob, cid)).thenRefused('ROOM_ACCESS_DENIED'));
  test('nobody removes the owner', () =>
    given(created(bob), madeAdmin(bob)).when(remove(bob, ann)).thenRefused('ROOM_ACCESS_DENIED'));
  test('a member removes nobody else', () =>
    given(created(bob, cid)).when(remove(bob, cid)).thenRefused('ROOM_ACCESS_DENIED'));
  test('anybody removes themself', () => given(created(bob)).when(remove(bob, bob)).then(removed(bob, bob)));
  test('the owner does not remove themself from others', () =>
    given(created(bob)).when(remove(ann, ann)).thenRefused('ROOM_ACCESS_DENIED'));
  test('the owner alone deletes the room so', () => given(created()).when(remove(ann, ann)).then(roomDeleted));
  test('who is not in the room is not found', () =>
    given(created()).when(remove(ann, bob)).thenRefused('ROOM_NOT_FOUND'));
  test('a stranger may not even ask', () => given(created()).when(remove(bob, dan)).thenRefused('ROOM_ACCESS_DENIED'));
});

describe('roles', () => {
  test('the owner makes an admin', () =>
    given(created(bob))
      .when(changeRole(ann, bob, 'ADMIN'))
      .then(madeAdmin(bob)));
  test('a role one has already changes nothing', () =>
    given(created(bob))
      .when(changeRole(ann, bob, 'MEMBER'))
      .thenNothing());
  test('an admin changes no roles', () =>
    given(created(bob, cid), madeAdmin(bob))
      .when(changeRole(bob, cid, 'ADMIN'))
      .thenRefused('ROOM_ACCESS_DENIED'));
  test('the owner keeps their own', () =>
    given(created())
      .when(changeRole(ann, ann, 'MEMBER'))
      .thenRefused('ROOM_ACCESS_DENIED'));
  test('who is not in the room is not found', () =>
    given(created())
      .when(changeRole(ann, bob, 'ADMIN'))
      .thenRefused('ROOM_NOT_FOUND'));
  test('the owner hands the room over', () =>
    given(created(bob))
      .when(transfer(ann, bob))
      .then({ type: 'OwnershipTransferred', data: { roomId, fromUserId: ann, toUserId: bob, at } }));
  test('only to somebody in it', () => given(created()).when(transfer(ann, bob)).thenRefused('ROOM_NOT_FOUND'));
  test('an admin does not hand it over', () =>
    given(created(bob), madeAdmin(bob)).when(transfer(bob, bob)).thenRefused('ROOM_ACCESS_DENIED'));
  test('then the old owner is an admin', () => {
    const handed: RoomEvent = { type: 'OwnershipTransferred', data: { roomId, fromUserId: ann, toUserId: bob, at } };
    const room = [created(bob), handed].reduce((state, event) => evolveRoom(state, event, 1), initialRoom());
    if (room.status !== 'open') throw new Error('not open');
    expect([...room.members].map(([userId, { role }]) => [userId, role])).toEqual([
      [ann, 'ADMIN'],
      [bob, 'OWNER'],
    ]);
  });
});

describe('when the account of a member was deleted', () => {
  const erase = (userId: string): RoomCommand => ({ type: 'EraseMember', userId, username: 'deleted-user', at });
  const joined = (userId: string, joinedAt: string): RoomEvent => ({
    type: 'MemberAdded',
    data: { roomId, membershipId: `ms-${userId}`, userId, role: 'MEMBER', by: ann, at: joinedAt },
  });
  const handedTo = (toUserId: string): RoomEvent => ({
    type: 'OwnershipTransferred',
    data: { roomId, fromUserId: ann, toUserId, at },
  });
  const erased = (userId: string): RoomEvent => ({
    type: 'MemberRemoved',
    data: { roomId, userId, username: 'deleted-user', by: userId, at },
  });
  test('they leave without a name and without a word', () => given(created(bob)).when(erase(bob)).then(erased(bob)));
  test('an owner hands the room to the longest-serving admin', () =>
    given(created(), joined(bob, later), joined(cid, at), joined(dan, later), madeAdmin(dan), madeAdmin(bob))
      .when(erase(ann))
      .then(handedTo(bob)));
  test('without an admin to the longest-serving member', () =>
    given(created(), joined(bob, later), joined(cid, at)).when(erase(ann)).then(handedTo(cid)));
  test('and then leaves', () => given(created(bob), handedTo(bob)).when(erase(ann)).then(erased(ann)));
  test('alone they take the room along', () => given(created()).when(erase(ann)).then(roomDeleted));
  test('a stranger, an unknown and a deleted room need nothing', () => {
    given(created()).when(erase(bob)).thenNothing();
    given().when(erase(ann)).thenNothing();
    given(created(), roomDeleted).when(erase(ann)).thenNothing();
  });
});
