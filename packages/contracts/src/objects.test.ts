import { expect, test } from 'vitest';
import { legacyMember, legacyMessage, legacyReply, legacyRoom, legacyUser } from './legacy.fixture.ts';
import { detailedRoom, listedRoom, member, message, ownUser, publicUser, room } from './objects.ts';

test.each([
  ['a public user', publicUser, legacyUser],
  [
    'an own user',
    ownUser,
    { ...legacyUser, email: 'Mira@Example.org', createdAt: legacyRoom.createdAt, updatedAt: legacyRoom.updatedAt },
  ],
  ['a member', member, legacyMember],
  ['a room', room, legacyRoom],
  ['a room in a list', listedRoom, { ...legacyRoom, _count: { messages: 3, members: 2 } }],
  ['a room by id', detailedRoom, { ...legacyRoom, _count: { messages: 3, members: 2, posts: 0, resources: 0 } }],
  ['a message', message, legacyMessage],
  ['a reply', message, legacyReply],
])('%s as the old system sent it is kept key for key', (_what, schema, value) => {
  expect(schema.parse(value)).toEqual(value);
});

test('an embedded user never has an e-mail', () => {
  expect(publicUser.parse({ ...legacyUser, email: 'mira@example.org' })).not.toHaveProperty('email');
});

test('a missing optional value is null, not absent', () => {
  const { avatarUrl, ...without } = legacyUser;
  expect(avatarUrl).toBeNull();
  expect(publicUser.safeParse(without).success).toBe(false);
});
