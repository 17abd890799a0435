import type { MessageSnapshot, RoomEvent, SenderProfile } from './events/index.ts';
import { newMessage } from './message/decide.ts';

export const at = '2031-02-03T04:05:06.789Z';
export const later = '2031-02-03T04:06:00.000Z';
export const roomId = '11111111-1111-4111-8111-111111111111';
export const [ann, bob, cid, dan] = ['ann', 'bob', 'cid', 'dan'] as const;

export const profileOf = (id: string): SenderProfile => ({
  id,
  username: id,
  displayName: id.toUpperCase(),
  avatarUrl: null,
  isOnline: true,
  lastSeenAt: null,
});

export const messageOf = (senderId: string, content = 'ahoy'): MessageSnapshot =>
  newMessage({ messageId: 'm-1', roomId, content, type: 'TEXT', sender: profileOf(senderId), replyTo: null, at });

export const systemMessage = (senderId: string): MessageSnapshot => ({
  ...messageOf(senderId, 'came or went'),
  id: 'm-system',
  type: 'SYSTEM',
});

/** Ann's room, with others as members. */
export const created = (...memberIds: string[]): Extract<RoomEvent, { type: 'RoomCreated' }> => ({
  type: 'RoomCreated',
  data: {
    roomId,
    name: 'Crew',
    description: null,
    type: 'PUBLIC',
    topics: ['sail'],
    hasPasscode: false,
    createdById: ann,
    members: [
      { membershipId: 'ms-ann', userId: ann, role: 'OWNER' },
      ...memberIds.map((userId) => ({ membershipId: `ms-${userId}`, userId, role: 'MEMBER' as const })),
    ],
    at,
  },
});

export const madeAdmin = (userId: string): RoomEvent => ({
  type: 'RoleChanged',
  data: { roomId, userId, role: 'ADMIN', by: ann, at },
});

export const removed = (userId: string, by: string): RoomEvent => ({
  type: 'MemberRemoved',
  data: { roomId, userId, username: userId, by, at },
});

export const roomDeleted: RoomEvent = { type: 'RoomDeleted', data: { roomId, by: ann, at } };
