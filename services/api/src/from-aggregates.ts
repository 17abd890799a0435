import type { DetailedRoom, Member, PublicUser } from '@kuraxx/contracts';
import { Refusal, type Room } from '@kuraxx/domain';
import type { Api } from './api.ts';

type OpenRoom = Extract<Room, { status: 'open' }>;

/** The aggregate after a command that can't have closed it. @throws {Refusal} when it is closed all the same */
export const requireOpen = (room: Room): OpenRoom => {
  if (room.status !== 'open') throw new Refusal('ROOM_NOT_FOUND');
  return room;
};

/** A user without the read models, which alone know who is online. */
export const userFromAggregate = async (api: Pick<Api, 'commands'>, userId: string): Promise<PublicUser> => {
  const account = await api.commands.accounts.find(userId);
  if (account === undefined) throw new Refusal('AUTH_USER_NOT_FOUND');
  const { username, displayName, avatarUrl } = account;
  return { id: userId, username, displayName, avatarUrl, isOnline: false, lastSeenAt: null };
};

/** @throws {Refusal} when the user is not in the room */
export const memberFromAggregate = async (api: Pick<Api, 'commands'>, room: Room, userId: string): Promise<Member> => {
  const { roomId, members } = requireOpen(room);
  const member = members.get(userId);
  if (member === undefined) throw new Refusal('ROOM_NOT_FOUND');
  const { membershipId, role, joinedAt } = member;
  return { id: membershipId, userId, roomId, role, joinedAt, user: await userFromAggregate(api, userId) };
};

/** A room without the read models; of its messages only those of the system are known. */
export const roomFromAggregate = async (api: Pick<Api, 'commands'>, room: Room): Promise<DetailedRoom> => {
  const open = requireOpen(room);
  const { roomId, name, description, type, avatarUrl, createdById, createdAt, updatedAt } = open;
  const members = await Promise.all([...open.members.keys()].map((userId) => memberFromAggregate(api, open, userId)));
  return {
    id: roomId,
    name,
    description,
    type,
    avatarUrl,
    createdById,
    createdAt,
    updatedAt,
    topics: [...open.topics],
    members,
    _count: { messages: open.systemMessages, members: members.length, posts: 0, resources: 0 },
  };
};
