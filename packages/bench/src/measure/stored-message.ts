import { randomUUID } from 'node:crypto';
import type { Chat } from '../chat.ts';
import { contentBytes } from '../load/dialects.ts';
import { contentOf } from '../load/marker.ts';

const messageIn = (roomId: string, userId: string) => {
  const at = new Date().toISOString();
  return {
    id: randomUUID(),
    content: contentOf(0, contentBytes),
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
  Buffer.from(JSON.stringify({ message: messageIn(randomUUID(), randomUUID()) }));

/** A room with an owner, and how to append messages to it past every check: what the log alone costs. */
export const fillRoom = async (chat: Chat) => {
  const [owner] = chat.users;
  if (owner === undefined) throw new Error('nobody is registered');
  const roomId = await chat.openRoom([owner]);
  const append = () => {
    const message = messageIn(roomId, owner.userId);
    return chat.log.append(
      { kind: 'room', roomId, aspect: 'msg' },
      { type: 'MessageSent', data: { message } },
      { eventId: message.id },
    );
  };
  return { roomId, owner, append };
};
