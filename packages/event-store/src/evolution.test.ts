import { eventSchemas, wireTypes } from '@kuraxx/domain';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { createDecode } from './codec.ts';
import { UnreadableEvent } from './errors.ts';
import { recordWith } from './event.fixture.ts';

// The recipes of docs/events.md, worked through: what would be the next release, made of this one. It reads what today's has written.

const userId = '0e8f2f6a-7d3b-4c1e-8f0a-1b2c3d4e5f60';
const at = '2031-02-03T04:05:06.789Z';

// ADD A FIELD: registrations say in which language; split: a changed profile becomes a changed name or a changed picture; retire: PasswordChanged.
const nextSchemas = {
  ...eventSchemas,
  UserRegistered: eventSchemas.UserRegistered.extend({ language: z.string().nullable() }),
  NameChanged: z.object({ userId: z.string(), displayName: z.string(), at: z.string() }),
  PictureChanged: z.object({ userId: z.string(), avatarUrl: z.string().nullable(), at: z.string() }),
};
const nextTypes = {
  ...wireTypes,
  UserRegistered: { name: 'kuraxx.account.registered', version: 2 },
  NameChanged: { name: 'kuraxx.account.name-changed', version: 1 },
  PictureChanged: { name: 'kuraxx.account.picture-changed', version: 1 },
};
const nextEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('UserRegistered'), data: nextSchemas.UserRegistered }),
  z.object({ type: z.literal('NameChanged'), data: nextSchemas.NameChanged }),
  z.object({ type: z.literal('PictureChanged'), data: nextSchemas.PictureChanged }),
  // split and retired: nobody writes them any more, everybody reads them for ever
  z.object({ type: z.literal('ProfileUpdated'), data: nextSchemas.ProfileUpdated }),
  z.object({ type: z.literal('PasswordChanged'), data: nextSchemas.PasswordChanged }),
]);
type NextEvent = z.infer<typeof nextEvent>;

const asObject = z.looseObject({});
const decode = createDecode({
  types: nextTypes,
  parse: (event) => nextEvent.parse(event),
  upcasters: { UserRegistered: { 1: (data) => ({ ...asObject.parse(data), language: null }) } },
});

type Profile = { readonly name: string; readonly picture: string | null; readonly language: string | null };

const evolve = (profile: Profile, event: NextEvent): Profile => {
  switch (event.type) {
    case 'UserRegistered':
      return { name: event.data.displayName, picture: null, language: event.data.language };
    case 'NameChanged':
      return { ...profile, name: event.data.displayName };
    case 'PictureChanged':
      return { ...profile, picture: event.data.avatarUrl };
    case 'ProfileUpdated': // what it was split into, in one
      return { ...profile, name: event.data.displayName, picture: event.data.avatarUrl };
    case 'PasswordChanged':
      return profile;
  }
};

const read = (...events: readonly (readonly [wireType: string, data: object])[]): Profile =>
  events
    .map(([wireType, data]) => decode(recordWith(wireType, JSON.stringify(data))))
    .reduce(evolve, { name: '', picture: null, language: null });

const registered = { userId, username: 'mira_k', displayName: 'Mira', at };

test('add a field: what was written without it reads as if it had the default', () => {
  expect(read(['kuraxx.account.registered.v1', registered])).toMatchObject({ name: 'Mira', language: null });
  expect(read(['kuraxx.account.registered.v2', { ...registered, language: 'de' }])).toMatchObject({ language: 'de' });
});

test('split an event: the old one goes on meaning both', () => {
  const old = read(
    ['kuraxx.account.registered.v1', registered],
    ['kuraxx.account.profile-updated.v1', { userId, displayName: 'M.', avatarUrl: 'https://example.org/m', at }],
  );
  const split = read(
    ['kuraxx.account.registered.v1', registered],
    ['kuraxx.account.name-changed.v1', { userId, displayName: 'M.', at }],
    ['kuraxx.account.picture-changed.v1', { userId, avatarUrl: 'https://example.org/m', at }],
  );
  expect(split).toEqual(old);
});

test('retire an event: it is still read, and changes nothing', () => {
  const without = read(['kuraxx.account.registered.v1', registered]);
  const retired = ['kuraxx.account.password-changed.v1', { userId, version: 1, at }] as const;
  expect(read(['kuraxx.account.registered.v1', registered], retired)).toEqual(without);
});

test("this release does not guess at the next one's events", () => {
  const today = createDecode({ types: wireTypes, parse: (event) => event, upcasters: {} });
  for (const wireType of ['kuraxx.account.registered.v2', 'kuraxx.account.name-changed.v1']) {
    expect(() => today(recordWith(wireType, '{}'))).toThrow(UnreadableEvent);
  }
});

test('a version without a step to the next one is unreadable', () => {
  const forgotten = createDecode({ types: nextTypes, parse: (event) => nextEvent.parse(event), upcasters: {} });
  expect(() => forgotten(recordWith('kuraxx.account.registered.v1', JSON.stringify(registered)))).toThrow(
    UnreadableEvent,
  );
});
