import { expect, test } from 'vitest';
import { legacyMessage, legacyRoom, legacyUser } from './legacy.fixture.ts';
import { type RedisChannel, redisChannels, redisEnvelope } from './redis-payloads.ts';

const roomId = legacyRoom.id;
const person = { userId: legacyUser.id, username: legacyUser.username };
const timestamp = 1_920_000_000_123;

const examples: Record<RedisChannel, object> = {
  'messages:new': {
    roomId,
    content: 'ahoy',
    type: 'TEXT',
    senderId: legacyUser.id,
    senderUsername: legacyUser.username,
    timestamp,
  },
  'messages:saved': { message: legacyMessage, roomId, tempId: 't-1' },
  'messages:update': { message: legacyMessage, roomId },
  'messages:delete': { messageId: legacyMessage.id, roomId },
  'presence:online': { ...person, isOnline: true, timestamp },
  'presence:offline': { ...person, isOnline: false, timestamp },
  'typing:start': { roomId, ...person, isTyping: true },
  'typing:stop': { roomId, ...person, isTyping: false },
  'room:join': { roomId, ...person },
  'room:leave': { roomId, ...person, displayName: 'Mira' },
};

const isChannel = (channel: string): channel is RedisChannel => Object.hasOwn(redisChannels, channel);

test.each(Object.keys(redisChannels).filter(isChannel))('%s carries what the old system sent', (channel) => {
  const published = { channel, data: examples[channel], timestamp };
  expect(redisEnvelope(channel).parse(published)).toEqual(published);
});
