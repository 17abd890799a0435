import { describe, expect, test } from 'vitest';
import type { RoomEvent } from '../events/index.ts';
import { decideDelete, decideEdit, decideSend } from '../message/decide.ts';
import {
  ann,
  at,
  bob,
  cid,
  created,
  madeAdmin,
  messageOf,
  profileOf,
  removed,
  roomId,
  systemMessage,
} from '../people.fixture.ts';
import { Refusal } from '../refusal.ts';
import { decideRoom, type RoomCommand } from '../room/decide.ts';
import { evolveRoom, initialRoom, type Room } from '../room/room.ts';
import { requireRight } from './authorise.ts';
import { type Operation, operations, verdictOf } from './policy.ts';
import { type Standing, standingOf, standings } from './standing.ts';

/** Ann's room; bob is its admin, cid and fay are members, gus was removed, eve was never in it, ian is a second admin. */
const people = { owner: ann, admin: bob, member: cid, stranger: 'eve', removed: 'gus' } as const;
const [fay, ian] = ['fay', 'ian'];
const roomOf = (...events: RoomEvent[]): Room =>
  events.reduce((room, event) => evolveRoom(room, event, 1), initialRoom());
const history = [created(bob, cid, fay, 'gus', ian), madeAdmin(bob), madeAdmin(ian), removed('gus', ann)] as const;
const room = roomOf(...history);
const lonely = roomOf(created());
const locked = roomOf(
  { type: 'RoomCreated', data: { ...created(bob, cid, fay).data, type: 'PRIVATE', hasPasscode: true } },
  madeAdmin(bob),
);

const profile = (userId: string) => ({ userId, username: userId, displayName: userId, message: systemMessage(userId) });
const join = (userId: string, passcodeFits: boolean): RoomCommand => ({
  type: 'JoinRoom',
  ...profile(userId),
  membershipId: 'ms',
  passcodeFits,
  at,
});
const add = (by: string, role: 'ADMIN' | 'MEMBER'): RoomCommand => ({
  type: 'AddMember',
  by,
  userId: 'new',
  role,
  membershipId: 'ms',
  at,
});
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
const deciding =
  (command: (by: string) => RoomCommand, state = room) =>
  (by: string) =>
    decideRoom(command(by), state);
const edit = (message: (by: string) => ReturnType<typeof messageOf>) => (by: string) =>
  decideEdit({ by, content: 'new', at }, message(by), room);
const erase = (message: (by: string) => ReturnType<typeof messageOf>) => (by: string) =>
  decideDelete({ by, at }, message(by), room);

/** How each operation that a decider judges is asked for. */
const asked: Partial<Record<Operation, (by: string) => unknown>> = {
  'room.update': deciding((by) => ({ type: 'UpdateRoom', by, changes: {}, at })),
  'room.delete': deciding((by) => ({ type: 'DeleteRoom', by, at })),
  'room.join.public': deciding((by) => join(by, false)),
  'room.join.withPasscode': deciding((by) => join(by, true), locked),
  'room.join.withoutPasscode': deciding((by) => join(by, false), locked),
  'room.leave': deciding((by) => ({ type: 'LeaveRoom', ...profile(by), at })),
  'room.leave.last': deciding((by) => ({ type: 'LeaveRoom', ...profile(by), at }), lonely),
  'room.addMember': deciding((by) => add(by, 'MEMBER')),
  'room.addAdmin': deciding((by) => add(by, 'ADMIN')),
  'room.remove.member': deciding((by) => remove(by, fay)),
  'room.remove.admin': deciding((by) => remove(by, ian)),
  'room.remove.owner': deciding((by) => remove(by, ann)),
  'room.remove.stranger': deciding((by) => remove(by, 'new')),
  'room.remove.self': deciding((by) => remove(by, by)),
  'room.remove.self.last': deciding((by) => remove(by, by), lonely),
  'room.changeRole.member': deciding((by) => changeRole(by, fay, 'ADMIN')),
  'room.changeRole.admin': deciding((by) => changeRole(by, ian, 'MEMBER')),
  'room.changeRole.owner': deciding((by) => changeRole(by, ann, 'MEMBER')),
  'room.changeRole.stranger': deciding((by) => changeRole(by, 'new', 'ADMIN')),
  'room.transfer.member': deciding((by) => transfer(by, fay)),
  'room.transfer.admin': deciding((by) => transfer(by, ian)),
  'room.transfer.owner': deciding((by) => transfer(by, ann)),
  'room.transfer.stranger': deciding((by) => transfer(by, 'new')),
  'message.send': (by) =>
    decideSend({ messageId: 'm', roomId, content: '', type: 'TEXT', sender: profileOf(by), replyTo: null, at }, room),
  'message.edit.own': edit((by) => messageOf(by)),
  'message.edit.other': edit(() => messageOf(fay)),
  'message.edit.system': edit((by) => systemMessage(by)),
  'message.delete.own': erase((by) => messageOf(by)),
  'message.delete.other': erase(() => messageOf(fay)),
  'message.delete.system': erase((by) => systemMessage(by)),
};

const outcome = (work: () => unknown): string => {
  try {
    work();
    return 'allowed';
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
};

const signedIn = standings.filter((standing): standing is Exclude<Standing, 'none'> => standing !== 'none');
const cells = Object.entries(asked).flatMap(([name, ask]) =>
  operations
    .filter((one) => one === name)
    .flatMap((operation) => signedIn.map((standing) => ({ operation, standing, ask }))),
);
const possible = cells.filter(({ operation, standing }) => verdictOf(operation, standing) !== 'impossible');

test.each(possible)('the deciders obey the policy: $operation by the $standing', ({ operation, standing, ask }) => {
  expect(outcome(() => ask(people[standing]))).toBe(verdictOf(operation, standing));
});

test('whatever is done to a room, its members or its messages is judged by a decider', () => {
  const judged = /^(room\.(update|delete|join|leave|add|remove|changeRole|transfer)|message\.(send|edit|delete))/;
  expect(Object.keys(asked)).toEqual(operations.filter((operation) => judged.test(operation)));
});

describe('the policy as a whole', () => {
  test.each(operations)('who was removed may no more than a stranger: %s', (operation) => {
    expect(verdictOf(operation, 'removed')).toBe(verdictOf(operation, 'stranger'));
  });
  test.each(operations)('without a token nothing is told: %s', (operation) => {
    const open = ['account.register', 'account.logIn', 'account.refresh'];
    expect(verdictOf(operation, 'none')).toMatch(open.includes(operation) ? /^allowed$/ : /^(AUTH_|nothing$)/);
  });
  test.each(operations)('an owner may what an admin may, and an admin what a member may, but go: %s', (operation) => {
    const rank = ['member', 'admin', 'owner'] as const;
    const ranks = rank.map((standing) => verdictOf(operation, standing) === 'allowed');
    if (operation === 'room.leave' || operation === 'room.remove.self') expect(ranks).toEqual([true, true, false]);
    else expect(ranks).toEqual(ranks.toSorted());
  });
});

test('a room knows roles, and nobody who went', () => {
  if (room.status !== 'open') throw new Error('not open');
  const { members } = room;
  const known = Object.entries(people).map(([standing, userId]) => [standing, standingOf(members, userId)]);
  expect(Object.fromEntries(known)).toEqual({
    owner: 'owner',
    admin: 'admin',
    member: 'member',
    stranger: 'stranger',
    removed: 'stranger',
  });
});

test.each([
  ['room.leave', 'owner', 'The owner must hand the room over before leaving'],
  ['room.delete', 'member', 'Only the owner may do this'],
  ['room.update', 'member', 'Only the owner and admins may do this'],
  ['room.update', 'stranger', 'You are not a member of this room'],
  ['room.join.withoutPasscode', 'stranger', 'This room needs the right passcode'],
  ['room.join.withoutPasscode', 'member', 'Already a member of this room'],
  ['room.remove.stranger', 'owner', 'This user is not a member of this room'],
] as const)('a refusal says why: %s by the %s', (operation, standing, why) => {
  expect(() => requireRight(operation, standing)).toThrow(why);
});

test('to ask for what nobody is refused is a bug, not a refusal', () => {
  expect(() => requireRight('room.leave.last', 'member')).toThrow(/^room\.leave\.last: impossible/);
  expect(() => requireRight('live.type', 'stranger')).not.toThrow(Refusal);
});
