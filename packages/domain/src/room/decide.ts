import type { MessageSnapshot, Role, RoomEvent, RoomType } from '../events/index.ts';
import { Refusal } from '../refusal.ts';
import { unreachable } from '../unreachable.ts';
import { maxMembers, type OpenRoom, type Room, requireMember, requireOpenRoom } from './room.ts';

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
      /** Absent values stay as they are. */
      readonly changes: {
        readonly name?: string | undefined;
        readonly description?: string | undefined;
        readonly avatarUrl?: string | undefined;
      };
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
  | { readonly type: 'TransferOwnership'; readonly by: string; readonly userId: string; readonly at: string };

type CommandOf<T extends RoomCommand['type']> = Extract<RoomCommand, { type: T }>;

const denied = (why: string): Refusal => new Refusal('ROOM_ACCESS_DENIED', why);

const requireRole = (room: Room, userId: string, ...roles: Role[]): { room: OpenRoom; role: Role } => {
  const { room: open, membership } = requireMember(room, userId);
  if (!roles.includes(membership.role)) {
    throw denied(`Only ${roles.map((role) => `the ${role.toLowerCase()}`).join(' or ')} may do this`);
  }
  return { room: open, role: membership.role };
};

const requireTarget = (room: OpenRoom, userId: string): Role => {
  const target = room.members.get(userId);
  if (target === undefined) throw new Refusal('ROOM_NOT_FOUND', 'This user is not a member of this room');
  return target.role;
};

const requireSeat = (room: OpenRoom, userId: string): void => {
  if (room.members.has(userId)) throw new Refusal('RESOURCE_EXISTS', 'Already a member of this room');
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
  const { room } = requireRole(current, by, 'OWNER', 'ADMIN');
  return {
    type: 'RoomUpdated',
    data: {
      roomId: room.roomId,
      name: changes.name ?? room.name,
      description: changes.description ?? room.description,
      avatarUrl: changes.avatarUrl ?? room.avatarUrl,
      by,
      at,
    },
  };
};

const add = ({ by, userId, role, membershipId, at }: CommandOf<'AddMember'>, current: Room): RoomEvent => {
  const { room, role: own } = requireRole(current, by, 'OWNER', 'ADMIN');
  if (own === 'ADMIN' && role !== 'MEMBER') throw denied('Only the owner may make admins');
  requireSeat(room, userId);
  return { type: 'MemberAdded', data: { roomId: room.roomId, membershipId, userId, role, by, at } };
};

const join = (command: CommandOf<'JoinRoom'>, current: Room): RoomEvent => {
  const room = requireOpenRoom(current);
  const { userId, username, displayName, membershipId, message, at } = command;
  requireSeat(room, userId);
  if (room.type === 'PRIVATE' && !command.passcodeFits) throw denied('This room needs the right passcode');
  return {
    type: 'MemberJoined',
    data: { roomId: room.roomId, membershipId, userId, username, displayName, message, at },
  };
};

/** An owner can't go while others are there: a room is never without exactly one. Alone, going is deleting. */
const ownerGoes = (room: OpenRoom, userId: string, at: string): RoomEvent => {
  if (room.members.size > 1) throw denied('The owner must hand the room over before leaving');
  return { type: 'RoomDeleted', data: { roomId: room.roomId, by: userId, at } };
};

const leave = ({ userId, username, displayName, message, at }: CommandOf<'LeaveRoom'>, current: Room): RoomEvent => {
  const { room, membership } = requireMember(current, userId);
  if (membership.role === 'OWNER') return ownerGoes(room, userId, at);
  return { type: 'MemberLeft', data: { roomId: room.roomId, userId, username, displayName, message, at } };
};

const remove = ({ by, userId, username, at }: CommandOf<'RemoveMember'>, current: Room): RoomEvent => {
  const { room, membership } = requireMember(current, by);
  const removed: RoomEvent = { type: 'MemberRemoved', data: { roomId: room.roomId, userId, username, by, at } };
  if (by === userId) return membership.role === 'OWNER' ? ownerGoes(room, userId, at) : removed;
  if (membership.role === 'MEMBER') throw denied('Only the owner or an admin may remove members');
  const target = requireTarget(room, userId);
  if (target === 'OWNER') throw denied('The owner cannot be removed');
  if (membership.role === 'ADMIN' && target !== 'MEMBER') throw denied('Only the owner may remove admins');
  return removed;
};

const changeRole = ({ by, userId, role, at }: CommandOf<'ChangeRole'>, current: Room): RoomEvent | undefined => {
  const { room } = requireRole(current, by, 'OWNER');
  const target = requireTarget(room, userId);
  if (target === 'OWNER') throw denied('The owner stays owner until the room is handed over');
  if (target === role) return undefined;
  return { type: 'RoleChanged', data: { roomId: room.roomId, userId, role, by, at } };
};

const transfer = ({ by, userId, at }: CommandOf<'TransferOwnership'>, current: Room): RoomEvent | undefined => {
  const { room } = requireRole(current, by, 'OWNER');
  if (requireTarget(room, userId) === 'OWNER') return undefined;
  return { type: 'OwnershipTransferred', data: { roomId: room.roomId, fromUserId: by, toUserId: userId, at } };
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
      const { roomId } = requireRole(room, command.by, 'OWNER').room;
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
    default:
      return unreachable(command); // a new command does not compile until it is handled
  }
};
