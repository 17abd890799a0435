import type { ClientInferResponses, ServerInferRequest } from '@ts-rest/core';
import { expect, expectTypeOf, test } from 'vitest';
import type { z } from 'zod';
import { errorTable, isErrorCode } from '../errors.ts';
import { legacyRoom } from '../legacy.fixture.ts';
import type { PublicUser } from '../objects.ts';
import { isOpenToAll } from './envelope.ts';
import { apiContract } from './index.ts';

const id = legacyRoom.id;
const { auth, rooms, messages, users } = apiContract;
const accepts = (schema: z.ZodType, value: unknown): boolean => schema.safeParse(value).success;
const account = { email: 'Mira@Example.org', username: 'mira_k', password: 'correct horse' };

test.each([
  ['a registration', auth.register.body, account],
  ['a registration with an empty display name', auth.register.body, { ...account, displayName: '' }],
  ['a room without anything', rooms.create.body, {}],
  ['a room with everything', rooms.create.body, { name: 'x', type: 'PRIVATE', memberIds: [id], passcode: '1234' }],
  ['an empty message', messages.send.body, { roomId: id, content: '' }],
  ['a message of 5000 units', messages.send.body, { roomId: id, content: 'x'.repeat(5000) }],
  [
    'a message of 5000 units in half as many characters',
    messages.send.body,
    { roomId: id, content: '😀'.repeat(2500) },
  ],
  ['a password of 8 units in half as many characters', auth.register.body, { ...account, password: '😀'.repeat(4) }],
  ['the longest password', auth.register.body, { ...account, password: 'é'.repeat(128) }],
  ['an id that is a UUID of no version', messages.send.body, { roomId: id.replace(/[0-9a-f]/g, '1'), content: 'x' }],
  ['no body where none is needed', auth.logout.body, undefined],
  ['a join without a body', rooms.join.body, undefined],
  ['the query of the old web client', users.search.query, { q: 'mira' }],
])('%s is accepted', (_what, schema, value) => {
  expect(accepts(schema, value)).toBe(true);
});

test.each([
  ['a username of two letters', auth.register.body, { ...account, username: 'mi' }],
  ['a username with a space', auth.register.body, { ...account, username: 'mira k' }],
  ['a short password', auth.register.body, { ...account, password: '1234567' }],
  ['a password of 129', auth.register.body, { ...account, password: 'x'.repeat(129) }],
  ['no e-mail', auth.register.body, { ...account, email: 'mira' }],
  ['a refresh without a token', auth.refresh.body, {}],
  ['an empty refresh token', auth.refresh.body, { refreshToken: '' }],
  ['a passcode of three', rooms.create.body, { passcode: '123' }],
  ['U+0000 in a name', rooms.create.body, { name: 'a\u0000' }],
  ['a lone surrogate in a topic', rooms.create.body, { topics: ['\udc00'] }],
  ['an owner as a new member', rooms.addMember.body, { userId: id, role: 'OWNER' }],
  ['a picture that is a script', rooms.update.body, { avatarUrl: 'javascript:alert(1)' }],
  ['a message of 5001 units', messages.send.body, { roomId: id, content: 'x'.repeat(5001) }],
  [
    'a message of 5002 units in half as many characters',
    messages.send.body,
    { roomId: id, content: '😀'.repeat(2501) },
  ],
  ['a SYSTEM message', messages.send.body, { roomId: id, content: 'x', type: 'SYSTEM' }],
  ['a history from no date', messages.history.query, { roomId: id, before: 'yesterday' }],
  ['a history from a year that no database holds', messages.history.query, { roomId: id, before: '+020000-01-01' }],
  ['page 0', rooms.list.query, { page: '0' }],
  ['a limit of 101', rooms.list.query, { limit: '101' }],
  ['an empty limit', rooms.list.query, { limit: '' }],
  ['a search for nothing', users.search.query, {}],
])('%s is refused', (_what, schema, value) => {
  expect(accepts(schema, value)).toBe(false);
});

test('unknown keys are dropped', () => {
  expect(rooms.create.body.parse({ name: 'x', isAdmin: true })).toEqual({ name: 'x', type: 'PUBLIC' });
});

test('page and limit have defaults and are numbers, from a query or from a typed client', () => {
  expect(rooms.list.query.parse({})).toEqual({ page: 1, limit: 20 });
  expect(rooms.list.query.parse({ page: '3', limit: '5' })).toEqual({ page: 3, limit: 5 });
  expect(rooms.list.query.parse({ page: 3 })).toEqual({ page: 3, limit: 20 });
});

test('three routes alone are open to callers without a token', () => {
  const open = Object.values(apiContract).flatMap((router) =>
    Object.values(router)
      .filter((route) => 'metadata' in route && isOpenToAll(route.metadata))
      .map((route) => route.path),
  );
  expect(open).toEqual(['/auth/register', '/auth/login', '/auth/refresh']);
});

test('every error code has a status that the contract names', () => {
  for (const { status } of Object.values(errorTable)) expect(auth.login.responses).toHaveProperty(String(status));
  expect(isErrorCode('ROOM_NOT_FOUND')).toBe(true);
  expect(isErrorCode('constructor')).toBe(false);
});

test('a client sees typed answers, a server typed requests', () => {
  type Login = Extract<ClientInferResponses<typeof auth.login>, { status: 200 }>;
  expectTypeOf<Login['body']['data']['user']>().toEqualTypeOf<PublicUser>();
  expectTypeOf<Login['body']['data']['expiresIn']>().toEqualTypeOf<number>();
  expectTypeOf<ServerInferRequest<typeof rooms.list>['query']>().toEqualTypeOf<{ page: number; limit: number }>();
});
