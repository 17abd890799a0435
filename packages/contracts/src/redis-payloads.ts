import { z } from 'zod';
import { id, message, messageType } from './objects.ts';

const person = { userId: id, username: z.string() };
const saved = z.object({ message, roomId: id, tempId: z.string().optional() });
const typing = z.object({ roomId: id, ...person, isTyping: z.boolean() });
/** By WebSocket without, by REST with `displayName`. */
const roomNotice = z.object({ roomId: id, ...person, displayName: z.string().optional() });
const presence = z.object({ ...person, isOnline: z.boolean(), timestamp: z.int() });

/** The data of each documented Redis channel. */
export const redisChannels = {
  'messages:new': z.object({
    roomId: id,
    content: z.string(),
    type: messageType,
    tempId: z.string().optional(),
    replyToId: id.optional(),
    senderId: id,
    senderUsername: z.string(),
    timestamp: z.int(),
  }),
  'messages:saved': saved,
  'messages:update': z.object({ message, roomId: id }),
  'messages:delete': z.object({ messageId: id, roomId: id }),
  'presence:online': presence,
  'presence:offline': presence,
  'typing:start': typing,
  'typing:stop': typing,
  'room:join': roomNotice,
  'room:leave': roomNotice,
} as const;

export type RedisChannel = keyof typeof redisChannels;
export type RedisData<C extends RedisChannel> = z.infer<(typeof redisChannels)[C]>;

/** What is published on `channel`; the timestamp is in milliseconds since 1970. */
export const redisEnvelope = <C extends RedisChannel>(channel: C) =>
  z.object({ channel: z.literal(channel), data: redisChannels[channel], timestamp: z.int() });
