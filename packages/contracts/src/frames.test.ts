import { randomUUID } from 'node:crypto';
import { expect, expectTypeOf, test } from 'vitest';
import { type ClientFrame, clientFrames, isClientFrameType, type ServerFrame, serverFrames } from './frames.ts';
import { legacyMessage, legacyRoom, legacyUser } from './legacy.fixture.ts';

const roomId = legacyRoom.id;
const person = { userId: legacyUser.id, username: legacyUser.username };
const placed = { position: 'k3f9a2b1.2.4711', prev: null, roomId };
const timestamp = 1_920_000_000_000;

test.each([
  { type: 'authenticate', payload: { token: 'a.b.c' }, timestamp, requestId: 'r-9' },
  { type: 'room:join', payload: { roomId } },
  { type: 'room:join', payload: { roomId, since: 'k3f9a2b1.2.4711' } },
  { type: 'room:leave', payload: { roomId }, timestamp },
  { type: 'resume', payload: { rooms: { [roomId]: 'k3f9a2b1.2.4711', [legacyUser.id]: null } } },
  { type: 'message:new', payload: { roomId, content: 'ahoy', type: 'TEXT', tempId: 't-1', replyToId: roomId } },
  { type: 'message:new', payload: { roomId, content: '', type: 'FILE', attachments: [{ fileId: roomId }] } },
  { type: 'typing:start', payload: { roomId } },
  { type: 'typing:stop', payload: { roomId } },
] as const)('a client may send $type', (frame) => {
  expect(clientFrames[frame.type].parse(frame)).toEqual(frame);
});

test('message:new without a type is a TEXT', () => {
  const parsed = clientFrames['message:new'].parse({ type: 'message:new', payload: { roomId, content: 'ahoy' } });
  expect(parsed.payload.type).toBe('TEXT');
});

test.each([
  ['an empty text', { content: '' }],
  ['nothing to show', { content: '', attachments: [] }],
  ['eleven files', { content: 'x', attachments: Array.from({ length: 11 }, () => ({ fileId: randomUUID() })) }],
  ['a file twice', { content: 'x', attachments: Array(2).fill({ fileId: roomId }) }],
  ['a text that is too long', { content: 'x'.repeat(5001) }],
  ['U+0000', { content: 'a\u0000b' }],
  ['half a surrogate pair', { content: '\ud800' }],
  ['a SYSTEM message', { content: 'x', type: 'SYSTEM' }],
  ['a room id that is none', { content: 'x', roomId: 'room-1' }],
])('message:new refuses %s', (_what, change) => {
  const frame = { type: 'message:new', payload: { roomId, ...change } };
  expect(clientFrames['message:new'].safeParse(frame).success).toBe(false);
});

test.each([
  { type: 'authenticated', payload: person, timestamp, requestId: 'r-9' },
  { type: 'message:saved', payload: { message: legacyMessage, tempId: 't-1' }, timestamp, ...placed },
  { type: 'message:update', payload: { message: legacyMessage }, timestamp, ...placed, prev: placed.position },
  { type: 'message:delete', payload: { messageId: legacyMessage.id }, timestamp, ...placed },
  { type: 'typing:start', payload: { ...person, roomId, isTyping: true }, timestamp },
  { type: 'typing:stop', payload: { ...person, roomId, isTyping: false }, timestamp },
  { type: 'room:join', payload: { roomId, success: true }, timestamp, requestId: 'r-9' },
  { type: 'room:join', payload: { roomId, success: true, position: placed.position, reset: true }, timestamp },
  { type: 'room:join', payload: { roomId, ...person }, timestamp },
  { type: 'room:leave', payload: { roomId, success: true }, timestamp },
  { type: 'room:leave', payload: { roomId, ...person }, timestamp, ...placed },
  { type: 'resumed', payload: { joined: [roomId], refused: { [legacyUser.id]: 'NOT_IN_ROOM' } }, timestamp },
  { type: 'token:expired', payload: { closesInMs: 30_000 }, timestamp },
  { type: 'reconnect', payload: { afterMs: 1200 }, timestamp },
  { type: 'presence:online', payload: { ...person, isOnline: true, lastSeenAt: null }, timestamp },
  { type: 'presence:offline', payload: { ...person, isOnline: false, lastSeenAt: legacyRoom.createdAt }, timestamp },
  { type: 'error', payload: { code: 'NOT_IN_ROOM', message: 'not in it' }, timestamp, requestId: 'r-9' },
] as const)('the server may send $type', (frame) => {
  expect(serverFrames[frame.type].parse(frame)).toEqual(frame);
});

test.each([
  ['a position that is none', { [roomId]: '4711' }],
  ['a room id that is none', { 'room-1': null }],
  ['more rooms than fit', Object.fromEntries(Array.from({ length: 501 }, () => [crypto.randomUUID(), null]))],
])('resume refuses %s', (_what, rooms) => {
  expect(clientFrames.resume.safeParse({ type: 'resume', payload: { rooms } }).success).toBe(false);
});

test('an unknown type is told apart, also names that every object has', () => {
  expect(isClientFrameType('typing:start')).toBe(true);
  expect(isClientFrameType('toString')).toBe(false);
});

test('the types of frames can be told apart by their type', () => {
  expectTypeOf<Extract<ClientFrame, { type: 'typing:start' }>['payload']>().toEqualTypeOf<{ roomId: string }>();
  expectTypeOf<Extract<ServerFrame, { type: 'message:delete' }>['prev']>().toEqualTypeOf<string | null>();
});
