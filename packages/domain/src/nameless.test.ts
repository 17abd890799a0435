import { expect, test } from 'vitest';
import type { ChatEvent } from './events/index.ts';
import { namedIn, nameless, noticeText, withoutNames } from './nameless.ts';
import { at, messageOf, roomId, systemMessage } from './people.fixture.ts';

const userId = 'u-1';
const person = { userId, username: 'mira_k', displayName: 'Mira', roomId, at };
const system = { ...systemMessage(userId), content: noticeText('Mira', 'joined') };
const named: ChatEvent[] = [
  { type: 'MessageSent', data: { message: messageOf(userId), tempId: 't' } },
  { type: 'MessageEdited', data: { message: messageOf(userId) } },
  { type: 'MemberJoined', data: { ...person, membershipId: 'ms', message: system } },
  { type: 'MemberLeft', data: { ...person, message: system } },
  { type: 'MemberRemoved', data: { roomId, userId, username: 'mira_k', by: 'ann', at } },
];

test.each(named)('$type shows no name any more, and everything else as it was', (event) => {
  expect(namedIn(event)).toBe(userId);
  const hidden = withoutNames(event);
  expect(JSON.stringify(hidden)).not.toMatch(/mira|Mira|U-1/);
  expect(JSON.stringify(hidden)).toContain(nameless.username);
  expect(hidden.type).toBe(event.type);
  expect(Object.keys(hidden.data)).toEqual(Object.keys(event.data));
  expect(withoutNames(hidden)).toEqual(hidden);
});

test('what somebody wrote stays', () => {
  const [sent] = named;
  expect(sent && withoutNames(sent)).toMatchObject({ data: { message: { content: 'ahoy', senderId: userId } } });
});

test('events about nobody stay as they are', () => {
  const deleted: ChatEvent = { type: 'RoomDeleted', data: { roomId, by: userId, at } };
  expect(namedIn(deleted)).toBeUndefined();
  expect(withoutNames(deleted)).toBe(deleted);
});
