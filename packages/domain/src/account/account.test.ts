import { specificationOf } from '@kuraxx/testing';
import { expect, test } from 'vitest';
import type { AccountEvent } from '../events/index.ts';
import { at, later } from '../people.fixture.ts';
import {
  type Account,
  type AccountCommand,
  decideAccount,
  evolveAccount,
  initialAccount,
  type ProfileChanges,
} from './account.ts';

const given = specificationOf({
  decide: (command: AccountCommand, account: Account) => {
    const event = decideAccount(command, account);
    return event === undefined ? [] : [event];
  },
  evolve: evolveAccount,
  initialState: initialAccount,
});
const register: AccountCommand = { type: 'Register', userId: 'ann', username: 'ann_b', displayName: 'Ann', at };
const registered: AccountEvent = {
  type: 'UserRegistered',
  data: { userId: 'ann', username: 'ann_b', displayName: 'Ann', at },
};
const abandon: AccountCommand = { type: 'AbandonRegistration', userId: 'ann', at };
const abandoned: AccountEvent = { type: 'RegistrationAbandoned', data: { userId: 'ann', at } };
const update = (changes: ProfileChanges): AccountCommand => ({
  type: 'UpdateProfile',
  changes,
  at: later,
});

test('somebody registers', () => given().when(register).then(registered));
test('once', () => given(registered).when(register).thenRefused('AUTH_USER_EXISTS'));
test('an abandoned registration never comes to its end', () =>
  given(abandoned).when(register).thenRefused('AUTH_USER_EXISTS'));
test('a registration is abandoned', () => given().when(abandon).then(abandoned));
test('once', () => given(abandoned).when(abandon).thenNothing());
test('a finished registration is not abandoned', () => given(registered).when(abandon).thenRefused('AUTH_USER_EXISTS'));
test('a profile changes where it says so', () =>
  given(registered)
    .when(update({ avatarUrl: 'https://example.org/a.png' }))
    .then({
      type: 'ProfileUpdated',
      data: { userId: 'ann', displayName: 'Ann', avatarUrl: 'https://example.org/a.png', at: later },
    }));
test('a picture is taken away', () => {
  const pictured = (avatarUrl: string | null): AccountEvent => ({
    type: 'ProfileUpdated',
    data: { userId: 'ann', displayName: 'Ann', avatarUrl, at: later },
  });
  given(registered, pictured('https://example.org/a.png'))
    .when(update({ avatarUrl: null }))
    .then(pictured(null));
  given(registered)
    .when(update({ avatarUrl: null }))
    .thenNothing();
});
test('the same profile is no change', () =>
  given(registered)
    .when(update({ displayName: 'Ann' }))
    .thenNothing());
test('without an account there is no profile', () =>
  given()
    .when(update({ displayName: 'Ann' }))
    .thenRefused('AUTH_UNAUTHORIZED'));
test('the account shows its last profile', () => {
  const changed: AccountEvent = {
    type: 'ProfileUpdated',
    data: { userId: 'ann', displayName: 'Annie', avatarUrl: null, at: later },
  };
  expect([registered, changed].reduce(evolveAccount, initialAccount())).toEqual({
    status: 'registered',
    userId: 'ann',
    username: 'ann_b',
    displayName: 'Annie',
    avatarUrl: null,
    createdAt: at,
    updatedAt: later,
    passwordVersion: 0,
  });
});

const changePassword = (version: number): AccountCommand => ({ type: 'ChangePassword', version, at });
const passwordChanged = (version: number): AccountEvent => ({
  type: 'PasswordChanged',
  data: { userId: 'ann', version, at },
});
test('a password is changed', () => given(registered).when(changePassword(1)).then(passwordChanged(1)));
test('a change that is known is none', () =>
  given(registered, passwordChanged(1)).when(changePassword(1)).thenNothing());
test('an older change is none', () => given(registered, passwordChanged(2)).when(changePassword(1)).thenNothing());
test('without an account there is no password', () => given().when(changePassword(1)).thenRefused('AUTH_UNAUTHORIZED'));

const deletion: AccountCommand = { type: 'DeleteAccount', at };
const deleted: AccountEvent = { type: 'AccountDeleted', data: { userId: 'ann', at } };
test('an account is deleted', () => given(registered).when(deletion).then(deleted));
test('once', () => given(registered, deleted).when(deletion).thenNothing());
test('what never was is not deleted', () => given().when(deletion).thenRefused('AUTH_UNAUTHORIZED'));
test('a deleted account has no profile', () =>
  given(registered, deleted)
    .when(update({ displayName: 'Ann' }))
    .thenRefused('AUTH_UNAUTHORIZED'));
test('nor a password', () => given(registered, deleted).when(changePassword(1)).thenRefused('AUTH_UNAUTHORIZED'));
test('its user id is used up', () => given(registered, deleted).when(register).thenRefused('AUTH_USER_EXISTS'));
test('and there is nothing to abandon', () => given(registered, deleted).when(abandon).thenNothing());
test('nothing brings a deleted account back', () => {
  const late: AccountEvent[] = [registered, passwordChanged(1), abandoned];
  expect([registered, deleted, ...late].reduce(evolveAccount, initialAccount())).toEqual({
    status: 'deleted',
    userId: 'ann',
    username: 'ann_b',
  });
});
