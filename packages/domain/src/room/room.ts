import type { Role, RoomEvent, RoomType } from '../events/index.ts';
import { isFramed } from '../events/index.ts';
import { Refusal } from '../refusal.ts';
import { unreachable } from '../unreachable.ts';

/** A room holds this many members at most. */
export const maxMembers = 1000;

export type Membership = { readonly membershipId: string; readonly role: Role; readonly joinedAt: string };

export type OpenRoom = {
  readonly status: 'open';
  readonly roomId: string;
  readonly name: string | null;
  readonly description: string | null;
  readonly type: RoomType;
  readonly avatarUrl: string | null;
  readonly createdById: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly topics: readonly string[];
  readonly hasPasscode: boolean;
  /** By user id, in the order of joining. */
  readonly members: ReadonlyMap<string, Membership>;
  /** How many SYSTEM messages joins and leaves have written. */
  readonly systemMessages: number;
  /** Sequence of the last membership event that became a frame with a position, 0 when there is none. */
  readonly lastFramedMetaSequence: number;
};

/** A chat room as commands see it. Not for display: read models are built from the same events. */
export type Room =
  | { readonly status: 'absent'; readonly lastFramedMetaSequence: 0 }
  | { readonly status: 'deleted'; readonly roomId: string; readonly lastFramedMetaSequence: number }
  | OpenRoom;

export const initialRoom = (): Room => ({ status: 'absent', lastFramedMetaSequence: 0 });

const withMember = (room: OpenRoom, userId: string, membership: Membership): OpenRoom => ({
  ...room,
  members: new Map(room.members).set(userId, membership),
});

const withoutMember = (room: OpenRoom, userId: string): OpenRoom => {
  const members = new Map(room.members);
  members.delete(userId);
  return { ...room, members };
};

const withRole = (room: OpenRoom, userId: string, role: Role): OpenRoom => {
  const membership = room.members.get(userId);
  return membership === undefined ? room : withMember(room, userId, { ...membership, role });
};

const apply = (room: OpenRoom, event: RoomEvent): Room => {
  switch (event.type) {
    case 'RoomCreated':
      return room; // happens once: a second one is refused when it is decided
    case 'RoomUpdated': {
      const { name, description, avatarUrl, at } = event.data;
      return { ...room, name, description, avatarUrl, updatedAt: at };
    }
    case 'RoomDeleted':
      return { status: 'deleted', roomId: room.roomId, lastFramedMetaSequence: room.lastFramedMetaSequence };
    case 'MemberAdded': {
      const { userId, membershipId, role, at } = event.data;
      return withMember(room, userId, { membershipId, role, joinedAt: at });
    }
    case 'MemberJoined': {
      const { userId, membershipId, at } = event.data;
      const joined = withMember(room, userId, { membershipId, role: 'MEMBER', joinedAt: at });
      return { ...joined, systemMessages: room.systemMessages + 1 };
    }
    case 'MemberLeft':
      return { ...withoutMember(room, event.data.userId), systemMessages: room.systemMessages + 1 };
    case 'MemberRemoved':
      return withoutMember(room, event.data.userId);
    case 'RoleChanged':
      return withRole(room, event.data.userId, event.data.role);
    case 'OwnershipTransferred':
      return withRole(withRole(room, event.data.fromUserId, 'ADMIN'), event.data.toUserId, 'OWNER');
    default:
      return unreachable(event);
  }
};

const created = ({ data }: Extract<RoomEvent, { type: 'RoomCreated' }>): OpenRoom => ({
  status: 'open',
  roomId: data.roomId,
  name: data.name,
  description: data.description,
  type: data.type,
  avatarUrl: null,
  createdById: data.createdById,
  createdAt: data.at,
  updatedAt: data.at,
  topics: data.topics,
  hasPasscode: data.hasPasscode,
  members: new Map(
    data.members.map(({ userId, membershipId, role }) => [userId, { membershipId, role, joinedAt: data.at }]),
  ),
  systemMessages: 0,
  lastFramedMetaSequence: 0,
});

/**
 * The room after an event. Never refuses: what happened, happened.
 *
 * @param sequence of the event in its partition
 */
export const evolveRoom = (room: Room, event: RoomEvent, sequence: number): Room => {
  if (room.status === 'absent') return event.type === 'RoomCreated' ? created(event) : room;
  if (room.status === 'deleted') return room;
  const after = apply(room, event);
  return after.status !== 'absent' && isFramed(event.type) ? { ...after, lastFramedMetaSequence: sequence } : after;
};

/** @throws {Refusal} ROOM_NOT_FOUND when there is no such room (any more) */
export const requireOpenRoom = (room: Room): OpenRoom => {
  if (room.status !== 'open') throw new Refusal('ROOM_NOT_FOUND');
  return room;
};
