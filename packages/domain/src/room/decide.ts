import type { MessageSnapshot, RoomEvent, RoomType } from '../events/index.ts';
import { authorise, type KnownStanding, standingOf } from '../policy/index.ts';
import { Refusal } from '../refusal.ts';
import { unreachable } from '../unreachable.ts';
import { maxMembers, type OpenRoom, type Room, requireOpenRoom } from './room.ts';

/** Absent values stay as they are, null takes one away. */
export type RoomChanges = {
  readonly name?: string | null | undefined;
  readonly description?: string | null | undefined;
  readonly avatarUrl?: string | null | undefined;
};

/** What can be asked of a room. Times, ids and SYSTEM messages come from outside: a decision is pure. */
export type RoomCommand =
  | {
      readonly type: 'CreateRoom';
      readonly by: string;
      readonly roomId: string;
      readonly name: string | null;
      readonly description: string | null;
      readonly roomType: RoomType;
      readonly topics: readonly string[];
      readonly hasPasscode: boolean;
      /** The creator is left out of the others, duplicates too. */
      readonly members: readonly { readonly membershipId: string; readonly userId: string }[];
      readonly ownMembershipId: string;
      readonly at: string;
    }
  | {
      readonly type: 'UpdateRoom';
      readonly by: string;
      readonly changes: RoomChanges;
      readonly at: string;
    }
  | { readonly type: 'DeleteRoom'; readonly by: string; readonly at: string }
  | {
      readonly type: 'AddMember';
      readonly by: string;
      readonly userId: string;
      readonly role: 'ADMIN' | 'MEMBER';
      readonly membershipId: string;
      readonly at: string;
    }
  | {
      readonly type: 'JoinRoom';
      readonly userId: string;
      readonly username: string;
      readonly displayName: string;
      readonly membershipId: string;
      /** Whether the right passcode was given; public rooms don't ask. */
      readonly passcodeFits: boolean;
      readonly message: MessageSnapshot;
      readonly at: string;
    }
  | {
      readonly type: 'LeaveRoom';
      readonly userId: string;
      readonly username: string;
      readonly displayName: string;
      readonly message: MessageSnapshot;
      readonly at: string;
    }
  | {
      readonly type: 'RemoveMember';
      readonly by: string;
      readonly userId: string;
      readonly username: string;
      readonly at: string;
    }
  | {
      readonly type: 'ChangeRole';
      readonly by: string;
      readonly userId: string;
      readonly role: 'ADMIN' | 'MEMBER';
      readonly at: string;
    }
  | { readonly type: 'TransferOwnership'; readonly by: string; readonly userId: string; readonly at: string }
  /** A member's account is gone; `username` is what it is shown by now. Given again until there is nothing more to do. */
  | { readonly type: 'EraseMember'; readonly userId: string; readonly username: string; readonly at: string };

type CommandOf<T extends RoomCommand['type']> = Extract<RoomCommand, { type: T }>;

/** How the one that a command is about stands to the room. */
const targetOf = (room: Room, userId: string): KnownStanding => standingOf(requireOpenRoom(room).members, userId);

const isAlone = (room: Room): boolean => requireOpenRoom(room).members.size === 1;

const requireSeat = (room: OpenRoom): void => {
  if (room.members.size >= maxMembers) throw new Refusal('RESOURCE_EXISTS', `The room is full (${maxMembers} members)`);
};

const create = (command: CommandOf<'CreateRoom'>, room: Room): RoomEvent => {
  if (room.status !== 'absent') throw new Refusal('RESOURCE_EXISTS');
  if (command.roomType === 'PRIVATE' && !command.hasPasscode) {
    throw new Refusal('VALIDATION_ERROR', 'A private room needs a passcode');
  }
  const others = new Map(command.members.map((member) => [member.userId, member]));
  others.delete(command.by);
  if (others.size >= maxMembers) throw new Refusal('VALIDATION_ERROR', `A room holds ${maxMembers} members at most`);
  return {
    type: 'RoomCreated',
    data: {
      roomId: command.roomId,
      name: command.name,
      description: command.description,
      type: command.roomType,
      topics: [...command.topics],
      hasPasscode: command.hasPasscode,
      createdById: command.by,
      members: [
        { membershipId: command.ownMembershipId, userId: command.by, role: 'OWNER' },
        ...[...others.values()].map(({ membershipId, userId }) => ({ membershipId, userId, role: 'MEMBER' as const })),
      ],
      at: command.at,
    },
  };
};

const update = ({ by, changes, at }: CommandOf<'UpdateRoom'>, current: Room): RoomEvent => {
  const room = authorise(current, by, 'room.update');
  const { name = room.name, description = room.description, avatarUrl = room.avatarUrl } = changes;
  return { type: 'RoomUpdated', data: { roomId: room.roomId, name, description, avatarUrl, by, at } };
};

const add = ({ by, userId, role, membershipId, at }: CommandOf<'AddMember'>, current: Room): RoomEvent => {
  const room = authorise(current, by, role === 'ADMIN' ? 'room.addAdmin' : 'room.addMember');
  if (room.members.has(userId)) throw new Refusal('RESOURCE_EXISTS', 'Already a member of this room');
  requireSeat(room);
  return { type: 'MemberAdded', data: { roomId: room.roomId, membershipId, userId, role, by, at } };
};

const join = (command: CommandOf<'JoinRoom'>, current: Room): RoomEvent => {
  const { userId, username, displayName, membershipId, passcodeFits, message, at } = command;
  const way = passcodeFits ? 'withPasscode' : 'withoutPasscode';
  const room = authorise(
    current,
    userId,
    requireOpenRoom(current).type === 'PUBLIC' ? 'room.join.public' : `room.join.${way}`,
  );
  requireSeat(room);
  return {
    type: 'MemberJoined',
    data: { roomId: room.roomId, membershipId, userId, username, displayName, message, at },
  };
};

const leave = ({ userId, username, displayName, message, at }: CommandOf<'LeaveRoom'>, current: Room): RoomEvent => {
  const isLast = isAlone(current);
  const { roomId } = authorise(current, userId, isLast ? 'room.leave.last' : 'room.leave');
  // the last to go is the owner, and a room is never without one
  if (isLast) return { type: 'RoomDeleted', data: { roomId, by: userId, at } };
  return { type: 'MemberLeft', data: { roomId, userId, username, displayName, message, at } };
};

const remove = ({ by, userId, username, at }: CommandOf<'RemoveMember'>, current: Room): RoomEvent => {
  const isLast = by === userId && isAlone(current);
  const self = isLast ? 'self.last' : 'self';
  const { roomId } = authorise(current, by, `room.remove.${by === userId ? self : targetOf(current, userId)}`);
  if (isLast) return { type: 'RoomDeleted', data: { roomId, by, at } };
  return { type: 'MemberRemoved', data: { roomId, userId, username, by, at } };
};

const changeRole = ({ by, userId, role, at }: CommandOf<'ChangeRole'>, current: Room): RoomEvent | undefined => {
  const room = authorise(current, by, `room.changeRole.${targetOf(current, userId)}`);
  if (room.members.get(userId)?.role === role) return undefined;
  return { type: 'RoleChanged', data: { roomId: room.roomId, userId, role, by, at } };
};

const transfer = ({ by, userId, at }: CommandOf<'TransferOwnership'>, current: Room): RoomEvent | undefined => {
  const { roomId } = authorise(current, by, `room.transfer.${targetOf(current, userId)}`);
  if (by === userId) return undefined;
  return { type: 'OwnershipTransferred', data: { roomId, fromUserId: by, toUserId: userId, at } };
};

/** Who is to own the room when its owner goes: the longest-serving admin, else the longest-serving member. */
const successorOf = (room: OpenRoom, ownerId: string): string | undefined => {
  const others = [...room.members].filter(([userId]) => userId !== ownerId);
  const longestServing = (candidates: typeof others): string | undefined =>
    candidates.reduce<(typeof others)[number] | undefined>(
      (first, next) => (first === undefined || next[1].joinedAt < first[1].joinedAt ? next : first),
      undefined,
    )?.[0];
  return longestServing(others.filter(([, { role }]) => role === 'ADMIN')) ?? longestServing(others);
};

/** An owner first hands the room over, and is removed by the next command; one who is alone takes the room along. */
const erase = ({ userId, username, at }: CommandOf<'EraseMember'>, room: Room): RoomEvent | undefined => {
  if (room.status !== 'open') return undefined;
  const { roomId } = room;
  const role = room.members.get(userId)?.role;
  if (role === undefined) return undefined;
  if (role !== 'OWNER') return { type: 'MemberRemoved', data: { roomId, userId, username, by: userId, at } };
  const toUserId = successorOf(room, userId);
  if (toUserId === undefined) return { type: 'RoomDeleted', data: { roomId, by: userId, at } };
  return { type: 'OwnershipTransferred', data: { roomId, fromUserId: userId, toUserId, at } };
};

/**
 * Decides what a command does to a room: one event, so that it happens whole or not at all.
 *
 * @returns what happens; `undefined` when it is already so
 * @throws {Refusal} when the rules forbid it
 */
export const decideRoom = (command: RoomCommand, room: Room): RoomEvent | undefined => {
  switch (command.type) {
    case 'CreateRoom':
      return create(command, room);
    case 'UpdateRoom':
      return update(command, room);
    case 'DeleteRoom': {
      const { roomId } = authorise(room, command.by, 'room.delete');
      return { type: 'RoomDeleted', data: { roomId, by: command.by, at: command.at } };
    }
    case 'AddMember':
      return add(command, room);
    case 'JoinRoom':
      return join(command, room);
    case 'LeaveRoom':
      return leave(command, room);
    case 'RemoveMember':
      return remove(command, room);
    case 'ChangeRole':
      return changeRole(command, room);
    case 'TransferOwnership':
      return transfer(command, room);
    case 'EraseMember':
      return erase(command, room);
    default:
      return unreachable(command); // a new command does not compile until it is handled
  }
};
