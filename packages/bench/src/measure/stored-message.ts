import { randomUUID } from 'node:crypto';
import type { BenchUser, Chat } from '../chat.ts';
import { contentBytes } from '../load/dialects.ts';
import { contentOf } from '../load/marker.ts';

const messageIn = (roomId: string, userId: string, number: number, bytes: number) => {
  const at = new Date().toISOString();
  return {
    id: randomUUID(),
    content: contentOf(number, bytes),
    type: 'TEXT' as const,
    status: 'SENT' as const,
    roomId,
    senderId: userId,
    replyToId: null,
    editedAt: null,
    deletedAt: null,
    createdAt: at,
    updatedAt: at,
    sender: {
      id: userId,
      username: 'bench_0',
      displayName: 'bench_0',
      avatarUrl: null,
      isOnline: true,
      lastSeenAt: null,
    },
    attachments: [],
    replyTo: null,
  };
};

/** As many bytes as a stored message of the load has. */
export const messageBytes = (): Uint8Array =>
  Buffer.from(JSON.stringify({ message: messageIn(randomUUID(), randomUUID(), 0, contentBytes) }));

/** A room, of the first user alone by default, and how to append messages to it past every check: what the log alone costs. */
export const fillRoom = async (chat: Chat, members: readonly BenchUser[] = chat.users.slice(0, 1)) => {
  const [owner] = members;
  if (owner === undefined) throw new Error('nobody is registered');
  const roomId = await chat.openRoom(members);
  const append = (number = 0, bytes = contentBytes) => {
    const message = messageIn(roomId, owner.userId, number, bytes);
    return chat.log.append(
      { kind: 'room', roomId, aspect: 'msg' },
      { type: 'MessageSent', data: { message } },
      { eventId: message.id },
    );
  };
  return { roomId, owner, append };
};
