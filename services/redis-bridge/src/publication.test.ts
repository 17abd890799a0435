import { type RedisChannel, redisEnvelope } from '@kuraxx/contracts';
import { type ChatEvent, newMessage } from '@kuraxx/domain';
import type { LogRecord, StoredEvent } from '@kuraxx/event-store';
import { expect, test } from 'vitest';
import { presencePublication, publicationsOf, signalPublication } from './publication.ts';

const at = '2030-11-05T10:00:00.123Z';
const atMs = Date.parse(at);
const roomId = '11111111-1111-4111-8111-111111111111';
const userId = '22222222-2222-4222-8222-222222222222';
const messageId = '33333333-3333-4333-8333-333333333333';
const sender = { id: userId, username: 'mira', displayName: 'Mira', avatarUrl: null, isOnline: true, lastSeenAt: null };
const message = newMessage({ messageId, roomId, content: 'Ahoy!', type: 'TEXT', sender, replyTo: null, at });
const system = newMessage({ messageId, roomId, content: 'Mira joined', type: 'SYSTEM', sender, replyTo: null, at });
const person = { roomId, userId, username: 'mira' };
const settings = { name: 'Crew', description: null, hasPasscode: false };

const stored = (event: ChatEvent, via?: 'ws'): StoredEvent => {
  const record: LogRecord = {
    position: { epoch: 'e', partition: 0, sequence: 1 },
    subject: { kind: 'room', roomId, aspect: 'msg' },
    wireType: 'kuraxx.test.v1',
    type: event.type,
    eventId: messageId,
    time: at,
    via,
    data: new Uint8Array(),
  };
  return { ...event, record };
};

/** What is published, parsed; fails when it doesn't fit the contract of its channel. */
const published = (event: ChatEvent, via?: 'ws') =>
  publicationsOf(stored(event, via)).map(({ channel, text }) => {
    const envelope: unknown = JSON.parse(text);
    expect(redisEnvelope(channel).strict().parse(envelope)).toMatchObject({ channel, timestamp: atMs });
    return envelope;
  });

const envelope = (channel: RedisChannel, data: object) => ({ channel, data, timestamp: atMs });

test('a message by REST is saved', () => {
  expect(published({ type: 'MessageSent', data: { message } })).toEqual([
    envelope('messages:saved', { message, roomId }),
  ]);
});

test('a message by WebSocket is new first, then saved, both with its tempId', () => {
  const content = { roomId, content: 'Ahoy!', type: 'TEXT', tempId: 't', senderId: userId, senderUsername: 'mira' };
  expect(published({ type: 'MessageSent', data: { message, tempId: 't' } }, 'ws')).toEqual([
    envelope('messages:new', { ...content, timestamp: atMs }),
    envelope('messages:saved', { message, roomId, tempId: 't' }),
  ]);
});

test('an edit is an update, a deletion names the message alone', () => {
  expect(published({ type: 'MessageEdited', data: { message } })).toEqual([
    envelope('messages:update', { message, roomId }),
  ]);
  expect(published({ type: 'MessageDeleted', data: { messageId, roomId, by: userId, at } })).toEqual([
    envelope('messages:delete', { messageId, roomId }),
  ]);
});

test.each(['MemberJoined', 'MemberLeft'] as const)('%s is the SYSTEM message, then the notice', (type) => {
  const common = { ...person, displayName: 'Mira', message: system, at };
  const event: ChatEvent =
    type === 'MemberJoined' ? { type, data: { ...common, membershipId: messageId } } : { type, data: common };
  expect(published(event)).toEqual([
    envelope('messages:saved', { message: system, roomId }),
    envelope(type === 'MemberJoined' ? 'room:join' : 'room:leave', { ...person, displayName: 'Mira' }),
  ]);
});

test('a removal is a leave', () => {
  expect(published({ type: 'MemberRemoved', data: { ...person, by: messageId, at } })).toEqual([
    envelope('room:leave', person),
  ]);
});

const file = { fileId: messageId, userId };
const size = { fileSize: 1, purpose: 'message' } as const;
const silent: ChatEvent[] = [
  { type: 'UserRegistered', data: { userId, username: 'mira', displayName: 'Mira', at } },
  { type: 'ProfileUpdated', data: { userId, displayName: 'Mira', avatarUrl: null, at } },
  { type: 'RegistrationAbandoned', data: { userId, at } },
  { type: 'UploadStarted', data: { ...file, fileName: 'a.txt', mimeType: 'text/plain', ...size, at } },
  {
    type: 'FileUploaded',
    data: { ...file, fileName: 'a.txt', mimeType: 'text/plain', ...size, hasThumbnail: false, at },
  },
  { type: 'FileUsed', data: { ...file, use: { kind: 'user' }, at } },
  { type: 'FileDeleted', data: { ...file, reason: 'owner', at } },
  { type: 'FilePurged', data: { ...file, at } },
  { type: 'PasswordChanged', data: { userId, version: 1, at } },
  { type: 'AccountDeleted', data: { userId, at } },
  {
    type: 'RoomCreated',
    data: { roomId, ...settings, type: 'PUBLIC', topics: [], createdById: userId, members: [], at },
  },
  { type: 'RoomUpdated', data: { roomId, name: 'Crew', description: null, avatarUrl: null, by: userId, at } },
  { type: 'RoomDeleted', data: { roomId, by: userId, at } },
  { type: 'MemberAdded', data: { roomId, membershipId: messageId, userId, role: 'MEMBER', by: userId, at } },
  { type: 'RoleChanged', data: { roomId, userId, role: 'ADMIN', by: userId, at } },
  { type: 'OwnershipTransferred', data: { roomId, fromUserId: userId, toUserId: messageId, at } },
];
test.each(silent.map((event) => ({ event })))('$event.type is nothing on Redis', ({ event }) => {
  expect(published(event)).toEqual([]);
});

test('typing says which it is; a WebSocket join names no display name', () => {
  const typing = signalPublication({ type: 'typing:stop', ...person }, atMs);
  expect(JSON.parse(typing.text)).toEqual(envelope('typing:stop', { ...person, isTyping: false }));
  const join = signalPublication({ type: 'room:join', ...person }, atMs);
  expect(JSON.parse(join.text)).toEqual(envelope('room:join', person));
});

test('presence carries its own timestamp', () => {
  const data = { userId, username: 'mira', isOnline: false, timestamp: atMs };
  const offline = presencePublication({ userId, username: 'mira' }, false, atMs);
  expect(JSON.parse(offline.text)).toEqual(envelope('presence:offline', data));
});
