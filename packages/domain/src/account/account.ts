import type { AccountEvent } from '../events/index.ts';
import { Refusal } from '../refusal.ts';
import { unreachable } from '../unreachable.ts';

export type RegisteredAccount = {
  readonly status: 'registered';
  readonly userId: string;
  readonly username: string;
  readonly displayName: string;
  readonly avatarUrl: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** How often the password was changed: what was signed in with an older one is signed out. */
  readonly passwordVersion: number;
};

/**
 * Somebody's account as commands see it; `abandoned`: its registration never came to an end and never will; `deleted` keeps
 * the username for as long as it takes to give it back.
 */
export type Account =
  | { readonly status: 'absent' }
  | { readonly status: 'abandoned' }
  | { readonly status: 'deleted'; readonly userId: string; readonly username: string }
  | RegisteredAccount;

export const initialAccount = (): Account => ({ status: 'absent' });

/** The account after an event. Never refuses: what happened, happened. */
export const evolveAccount = (account: Account, event: AccountEvent): Account => {
  switch (event.type) {
    case 'UserRegistered': {
      if (account.status !== 'absent') return account;
      const { userId, username, displayName, at } = event.data;
      const times = { createdAt: at, updatedAt: at };
      return { status: 'registered', userId, username, displayName, avatarUrl: null, ...times, passwordVersion: 0 };
    }
    case 'ProfileUpdated': {
      if (account.status !== 'registered') return account;
      const { displayName, avatarUrl, at } = event.data;
      return { ...account, displayName, avatarUrl, updatedAt: at };
    }
    case 'RegistrationAbandoned':
      return account.status === 'absent' ? { status: 'abandoned' } : account;
    case 'PasswordChanged':
      return account.status === 'registered' ? { ...account, passwordVersion: event.data.version } : account;
    case 'AccountDeleted': {
      if (account.status !== 'registered') return account;
      const { userId, username } = account;
      return { status: 'deleted', userId, username };
    }
    default:
      return unreachable(event);
  }
};

/** Absent values stay as they are; a picture of null is taken away. */
export type ProfileChanges = {
  readonly displayName?: string | undefined;
  readonly avatarUrl?: string | null | undefined;
};

export type AccountCommand =
  | {
      readonly type: 'Register';
      readonly userId: string;
      readonly username: string;
      readonly displayName: string;
      readonly at: string;
    }
  | {
      readonly type: 'UpdateProfile';
      readonly changes: ProfileChanges;
      readonly at: string;
    }
  | { readonly type: 'AbandonRegistration'; readonly userId: string; readonly at: string }
  /** `version`: which change of the password it is; one that is known already changes nothing. */
  | { readonly type: 'ChangePassword'; readonly version: number; readonly at: string }
  | { readonly type: 'DeleteAccount'; readonly at: string };

const requireRegistered = (account: Account): RegisteredAccount => {
  if (account.status !== 'registered') throw new Refusal('AUTH_UNAUTHORIZED');
  return account;
};

/**
 * Decides what a command does to an account.
 *
 * @returns what happens; `undefined` when it is already so
 * @throws {Refusal} AUTH_USER_EXISTS for a second registration or the abandoning of a finished one, AUTH_UNAUTHORIZED without an account
 */
export const decideAccount = (command: AccountCommand, account: Account): AccountEvent | undefined => {
  switch (command.type) {
    case 'Register': {
      if (account.status !== 'absent') throw new Refusal('AUTH_USER_EXISTS');
      const { userId, username, displayName, at } = command;
      return { type: 'UserRegistered', data: { userId, username, displayName, at } };
    }
    case 'UpdateProfile': {
      const { userId, ...known } = requireRegistered(account);
      const displayName = command.changes.displayName ?? known.displayName;
      const { avatarUrl = known.avatarUrl } = command.changes;
      if (displayName === known.displayName && avatarUrl === known.avatarUrl) return undefined;
      return { type: 'ProfileUpdated', data: { userId, displayName, avatarUrl, at: command.at } };
    }
    case 'AbandonRegistration':
      if (account.status === 'registered') throw new Refusal('AUTH_USER_EXISTS');
      if (account.status !== 'absent') return undefined;
      return { type: 'RegistrationAbandoned', data: { userId: command.userId, at: command.at } };
    case 'ChangePassword': {
      const { userId, passwordVersion } = requireRegistered(account);
      if (command.version <= passwordVersion) return undefined;
      return { type: 'PasswordChanged', data: { userId, version: command.version, at: command.at } };
    }
    case 'DeleteAccount': {
      if (account.status === 'deleted') return undefined;
      const { userId } = requireRegistered(account);
      return { type: 'AccountDeleted', data: { userId, at: command.at } };
    }
    default:
      return unreachable(command);
  }
};
