import { serverFrames } from '@kuraxx/contracts';
import type { ChatEvent, MessageSnapshot } from '@kuraxx/domain';
import { wireTypes } from '@kuraxx/domain';
import type { LogRecord } from '@kuraxx/event-store';
import { expect, test } from 'vitest';
import { frameOf } from './event-frame.ts';

const roomId = '0d9a2b8e-6f54-4e0e-9d39-0f5f6f3f9f11';
const userId = '1d9a2b8e-6f54-4e0e-9d39-0f5f6f3f9f12';
const at = '2031-02-03T04:05:06.789Z';
const message: MessageSnapshot = {
  id: '2d9a2b8e-6f54-4e0e-9d39-0f5f6f3f9f13',
  content: 'ahoy "ß" 🎉',
  type: 'TEXT',
  status: 'SENT',
  roomId,
  senderId: userId,
  replyToId: null,
  editedAt: null,
  deletedAt: null,
  createdAt: at,
  updatedAt: at,
  sender: { id: userId, username: 'ann', displayName: 'Ann', avatarUrl: null, isOnline: true, lastSeenAt: null },
  attachments: [],
  replyTo: null,
};

const recordOf = (event: ChatEvent, aspect: 'meta' | 'msg' | 'edit'): LogRecord => {
  const { name, version } = wireTypes[event.type];
  return {
    position: { epoch: 'k3f9', partition: 2, sequence: 17 },
    subject: { kind: 'room', roomId, aspect },
    wireType: `${name}.v${version}`,
    type: event.type,
    eventId: message.id,
    time: at,
    via: undefined,
    data: Buffer.from(JSON.stringify(event.data)),
  };
};
const shown = (event: ChatEvent, aspect: 'meta' | 'msg' | 'edit', prev: string | null = 'k3f9.2.16'): unknown => {
  const frame = frameOf(recordOf(event, aspect), roomId, prev);
  return frame === undefined ? undefined : JSON.parse(frame.bytes.toString());
};
const place = { position: 'k3f9.2.17', prev: 'k3f9.2.16', roomId, timestamp: expect.any(Number) };

test('a sent message is its stored data with a place', () => {
  const frame = shown({ type: 'MessageSent', data: { message, tempId: 't-1' } }, 'msg');
  expect(frame).toEqual({ type: 'message:saved', payload: { message, tempId: 't-1' }, ...place });
  expect(serverFrames['message:saved'].safeParse(frame).success).toBe(true);
});

test('the first event of a room names none before it', () =>
  expect(shown({ type: 'MessageSent', data: { message } }, 'msg', null)).toMatchObject({ prev: null }));

test('edits and deletions', () => {
  expect(shown({ type: 'MessageEdited', data: { message } }, 'edit')).toEqual({
    type: 'message:update',
    payload: { message },
    ...place,
  });
  expect(shown({ type: 'MessageDeleted', data: { messageId: message.id, roomId, by: userId, at } }, 'edit')).toEqual({
    type: 'message:delete',
    payload: { messageId: message.id },
    ...place,
  });
});

test('who joins or leaves is shown by the SYSTEM message, who is removed by room:leave', () => {
  const who = { roomId, userId, username: 'ann', displayName: 'Ann', at };
  const saved = { type: 'message:saved', payload: { message }, ...place };
  expect(shown({ type: 'MemberJoined', data: { ...who, membershipId: userId, message } }, 'meta')).toEqual(saved);
  expect(shown({ type: 'MemberLeft', data: { ...who, message } }, 'meta')).toEqual(saved);
  expect(shown({ type: 'MemberRemoved', data: { roomId, userId, username: 'ann', by: userId, at } }, 'meta')).toEqual({
    type: 'room:leave',
    payload: { roomId, userId, username: 'ann' },
    ...place,
  });
});

test('what changes nobody’s screen is no frame', () =>
  expect(
    shown({ type: 'RoleChanged', data: { roomId, userId, role: 'ADMIN', by: userId, at } }, 'meta'),
  ).toBeUndefined());

test.each<[ChatEvent, 'meta' | 'msg' | 'edit', string | undefined]>([
  [{ type: 'MessageSent', data: { message } }, 'msg', userId],
  [{ type: 'MessageEdited', data: { message } }, 'edit', userId],
  [{ type: 'MemberRemoved', data: { roomId, userId, username: 'ann', by: 'bob', at } }, 'meta', userId],
  [{ type: 'MessageDeleted', data: { messageId: message.id, roomId, by: 'bob', at } }, 'edit', undefined],
])('a frame knows whose names are in it: %j', (event, aspect, about) =>
  expect(frameOf(recordOf(event, aspect), roomId, null)?.about).toBe(about),
);

test('a text that looks like a sender is none', () => {
  const tricky = { ...message, content: '"senderId":"eve", \\"senderId":"eve"' };
  expect(frameOf(recordOf({ type: 'MessageSent', data: { message: tricky } }, 'msg'), roomId, null)?.about).toBe(
    userId,
  );
});
