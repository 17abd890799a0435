import { randomUUID } from 'node:crypto';
import { type ChatEvent, newMessage } from '@kuraxx/domain';

const at = '2031-02-03T04:05:06.789Z';
const senderId = '1d9a2b8e-6f54-4e0e-9d39-0f5f6f3f9f12';

const sender = { id: senderId, username: 'ann', displayName: 'Ann', avatarUrl: null, isOnline: true, lastSeenAt: null };
const messageOf = (roomId: string, content: string) =>
  newMessage({ messageId: randomUUID(), roomId, content, type: 'TEXT', sender, replyTo: null, at });

export const messageSent = (roomId: string, content: string): ChatEvent => ({
  type: 'MessageSent',
  data: { message: messageOf(roomId, content) },
});

export const messageEdited = (roomId: string, content: string): ChatEvent => ({
  type: 'MessageEdited',
  data: { message: messageOf(roomId, content) },
});

export const messageDeleted = (roomId: string, messageId: string): ChatEvent => ({
  type: 'MessageDeleted',
  data: { messageId, roomId, by: senderId, at },
});

/** An event that becomes no frame. */
export const roomUpdated = (roomId: string): ChatEvent => ({
  type: 'RoomUpdated',
  data: { roomId, name: 'Crew', description: null, avatarUrl: null, by: senderId, at },
});

export const memberAdded = (roomId: string, userId: string): ChatEvent => ({
  type: 'MemberAdded',
  data: { roomId, membershipId: randomUUID(), userId, role: 'MEMBER', by: senderId, at },
});

export const memberRemoved = (roomId: string, userId: string): ChatEvent => ({
  type: 'MemberRemoved',
  data: { roomId, userId, username: userId, by: senderId, at },
});
