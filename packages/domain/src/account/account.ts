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
};

/** Somebody's account as commands see it; `abandoned`: its registration never came to an end and never will. */
export type Account = { readonly status: 'absent' } | { readonly status: 'abandoned' } | RegisteredAccount;

export const initialAccount = (): Account => ({ status: 'absent' });

/** The account after an event. Never refuses: what happened, happened. */
export const evolveAccount = (account: Account, event: AccountEvent): Account => {
  switch (event.type) {
    case 'UserRegistered': {
      if (account.status !== 'absent') return account;
      const { userId, username, displayName, at } = event.data;
      return { status: 'registered', userId, username, displayName, avatarUrl: null, createdAt: at, updatedAt: at };
    }
    case 'ProfileUpdated': {
      if (account.status !== 'registered') return account;
      const { displayName, avatarUrl, at } = event.data;
      return { ...account, displayName, avatarUrl, updatedAt: at };
    }
    case 'RegistrationAbandoned':
      return account.status === 'absent' ? { status: 'abandoned' } : account;
    default:
      return unreachable(event);
  }
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
      /** Absent values stay as they are. */
      readonly changes: { readonly displayName?: string | undefined; readonly avatarUrl?: string | undefined };
      readonly at: string;
    }
  | { readonly type: 'AbandonRegistration'; readonly userId: string; readonly at: string };

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
      if (account.status !== 'registered') throw new Refusal('AUTH_UNAUTHORIZED');
      const displayName = command.changes.displayName ?? account.displayName;
      const avatarUrl = command.changes.avatarUrl ?? account.avatarUrl;
      if (displayName === account.displayName && avatarUrl === account.avatarUrl) return undefined;
      return { type: 'ProfileUpdated', data: { userId: account.userId, displayName, avatarUrl, at: command.at } };
    }
    case 'AbandonRegistration':
      if (account.status === 'registered') throw new Refusal('AUTH_USER_EXISTS');
      if (account.status === 'abandoned') return undefined;
      return { type: 'RegistrationAbandoned', data: { userId: command.userId, at: command.at } };
    default:
      return unreachable(command);
  }
};
