import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Account, decideAccount, type ProfileChanges, Refusal, type RegisteredAccount } from '@kuraxx/domain';
import { type Position, Unavailable } from '@kuraxx/event-store';
import type { Logger } from 'pino';
import { type Aggregates, positionOf } from '../aggregates.ts';
import type { Credentials, Stores } from '../kv/buckets.ts';
import type { Deletions } from './deletions.ts';
import type { Hashing } from './hashing.ts';
import type { Names } from './names.ts';
import type { Passwords } from './passwords.ts';
import type { OpenedSession, Sessions } from './sessions.ts';
import { type AccessClaims, createAccessTokens } from './tokens.ts';

export type Tokens = {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Life of the access token in milliseconds. */
  readonly expiresIn: number;
};

export type SignedIn = {
  readonly account: RegisteredAccount;
  readonly email: string;
  readonly tokens: Tokens;
  readonly position?: Position;
};

export type Caller = AccessClaims & { readonly account: RegisteredAccount };

type Needs = {
  readonly aggregates: Aggregates<Account>;
  readonly stores: Pick<Stores, 'credentials' | 'unfinished'>;
  readonly names: Names;
  readonly sessions: Sessions;
  readonly hashing: Hashing;
  readonly passwords: Passwords;
  readonly deletions: Deletions;
  readonly jwtSecret: string;
  readonly previousJwtSecret?: string | undefined;
  readonly accessExpiryMs: number;
  readonly logger: Logger;
};

/** A deletion's answer waits so long for the rooms to be left; the rest is done after it. */
const roomsPatienceMs = 3000;

const requireRegistered = (account: Account): RegisteredAccount => {
  if (account.status !== 'registered') throw new Refusal('AUTH_UNAUTHORIZED');
  return account;
};

/** Commands about accounts. All of them work without Postgres; without NATS they throw {Unavailable}. */
export const createAccounts = (needs: Needs) => {
  const { aggregates, stores, names, sessions, hashing, passwords, deletions, logger } = needs;
  const accessTokens = createAccessTokens({
    secret: needs.jwtSecret,
    previousSecret: needs.previousJwtSecret,
    expiryMs: needs.accessExpiryMs,
  });

  const tokensFor = (account: RegisteredAccount, credentials: Credentials, session: OpenedSession): Tokens => {
    const { userId, username } = account;
    const { email, passwordVersion } = credentials;
    const { sessionId, refreshToken } = session;
    const accessToken = accessTokens.sign({ userId, email, username, sessionId, passwordVersion });
    return { accessToken, refreshToken, expiresIn: needs.accessExpiryMs };
  };
  const find = async (userId: string): Promise<RegisteredAccount | undefined> => {
    const { state } = await aggregates.load(userId);
    if (state.status === 'registered') return state;
    const fresh = await aggregates.loadFresh(userId); // it may have registered elsewhere a moment ago
    return fresh.state.status === 'registered' ? fresh.state : undefined;
  };
  const credentialsOf = async (userId: string): Promise<Credentials | undefined> =>
    (await stores.credentials.get(userId))?.value;

  /** Frees the names once it is certain that the registration can't come to its end; else they free themselves later. */
  const undo = async (userId: string, release: () => Promise<void>): Promise<void> => {
    try {
      if (await names.abandon(userId)) await release();
    } catch (error) {
      logger.warn({ err: error, userId }, 'a failed registration keeps its names for half a minute');
    }
  };

  /** Somebody, at the latest `finishAll` of any process, goes on where this stops. */
  const leaveRoomsOf = async (userId: string): Promise<void> => {
    const late = new AbortController();
    const leaving = deletions.leaveRooms(userId).catch((error: unknown) => {
      const level = error instanceof Unavailable ? 'info' : 'error';
      logger[level]({ err: error, userId }, 'the rooms of a deleted account are left later');
    });
    await Promise.race([leaving, delay(roomsPatienceMs, undefined, { signal: late.signal, ref: false })]);
    late.abort();
  };

  const finishOne = async (key: string): Promise<void> => {
    const [what, userId = ''] = key.split('.');
    try {
      if (what === 'deletion') await deletions.finish(userId);
      else await passwords.finish(userId);
    } catch (error) {
      const level = error instanceof Unavailable ? 'info' : 'error';
      logger[level]({ err: error, userId, what }, 'left unfinished for now');
    }
  };

  return {
    find,
    email: async (userId: string): Promise<string | undefined> => (await credentialsOf(userId))?.email,

    /** Creates an account and signs in. @throws {Refusal} AUTH_USER_EXISTS, leaving nothing behind */
    register: async (input: {
      readonly email: string;
      readonly username: string;
      readonly password: string;
      readonly displayName?: string | undefined;
    }): Promise<SignedIn> => {
      const userId = randomUUID();
      const { email, username, displayName = username } = input;
      const requireFree = (): Promise<void> => names.requireFree(email, username);
      await requireFree();
      // Hashing may queue: a reservation must not grow old meanwhile, and who has lost by then needs no hash
      const passwordHash = await hashing.hash(input.password, requireFree);
      const release = await names.reserve(email, username, userId);
      try {
        const credentials = { email, passwordHash, passwordVersion: 0 };
        await stores.credentials.put(userId, credentials);
        const at = new Date().toISOString();
        const written = await aggregates.execute(userId, (account) =>
          decideAccount({ type: 'Register', userId, username, displayName, at }, account),
        );
        const account = requireRegistered(written.state);
        const tokens = tokensFor(account, credentials, await sessions.open(userId, 0));
        return { account, email, tokens, ...positionOf(written) };
      } catch (error) {
        await undo(userId, release);
        throw error;
      }
    },

    /** @throws {Refusal} AUTH_INVALID_CREDENTIALS, in the same time whether or not the e-mail is known */
    login: async (input: { readonly email: string; readonly password: string }): Promise<SignedIn> => {
      const userId = await names.findByEmail(input.email);
      const credentials = userId === undefined ? undefined : await credentialsOf(userId);
      const fits = await hashing.matches(input.password, credentials?.passwordHash);
      const account = userId === undefined ? undefined : await find(userId);
      if (!fits || credentials === undefined || account === undefined) throw new Refusal('AUTH_INVALID_CREDENTIALS');
      const session = await sessions.open(account.userId, credentials.passwordVersion);
      return { account, email: credentials.email, tokens: tokensFor(account, credentials, session) };
    },

    /** Trades a refresh token, once. @throws {Refusal} AUTH_TOKEN_INVALID */
    refresh: async (refreshToken: string): Promise<Tokens> => {
      const session = await sessions.verify(refreshToken);
      const [account, credentials] = await Promise.all([find(session.userId), credentialsOf(session.userId)]);
      if (account === undefined || credentials === undefined) throw new Refusal('AUTH_TOKEN_INVALID');
      if (session.passwordVersion !== credentials.passwordVersion) throw new Refusal('AUTH_TOKEN_INVALID');
      return tokensFor(account, credentials, await session.trade()); // last: what fails before leaves the token good
    },

    /** Ends all sessions of a user and the live sockets; access tokens go on until they expire. */
    logout: (userId: string): Promise<void> => sessions.endAll(userId),

    /**
     * Ends all sessions and live sockets, makes all access tokens of the old password useless, and opens a new session.
     *
     * @throws {Refusal} AUTH_INVALID_CREDENTIALS when `currentPassword` is wrong
     * @throws {Unavailable} it may have been changed
     */
    changePassword: async (
      userId: string,
      input: { readonly currentPassword: string; readonly newPassword: string },
    ): Promise<{ readonly tokens: Tokens; readonly position?: Position }> => {
      const changed = await passwords.change(userId, input.currentPassword, input.newPassword);
      const account = await find(userId);
      if (account === undefined) throw new Refusal('AUTH_UNAUTHORIZED'); // deleted meanwhile
      const session = await sessions.open(userId, changed.credentials.passwordVersion);
      return { tokens: tokensFor(account, changed.credentials, session), ...positionOf(changed) };
    },

    /**
     * Deletes an account for good. Returns once nobody can act in its name any more and its names are free; its rooms are
     * left by then, or, when there are very many or the read model is away, a moment later.
     *
     * @throws {Refusal} AUTH_INVALID_CREDENTIALS
     * @throws {Unavailable} it may have begun, and then comes to its end by itself
     */
    remove: async (userId: string, password: string): Promise<{ readonly position?: Position }> => {
      await passwords.require(userId, password);
      await deletions.begin(userId);
      const ended = await deletions.endAccount(userId);
      await leaveRoomsOf(userId);
      return ended;
    },

    /** Finishes what was begun here or elsewhere and has not come to its end. To be called now and then; never throws. */
    finishAll: async (): Promise<void> => {
      try {
        for (const key of await stores.unfinished.keys('>')) await finishOne(key);
      } catch (error) {
        const level = error instanceof Unavailable ? 'info' : 'error';
        logger[level]({ err: error }, 'what is unfinished is not known now');
      }
    },

    /** @throws {Refusal} AUTH_UNAUTHORIZED without an account */
    updateProfile: async (
      userId: string,
      changes: ProfileChanges,
    ): Promise<{ readonly account: RegisteredAccount; readonly position?: Position }> => {
      const written = await aggregates.execute(userId, (account) =>
        decideAccount({ type: 'UpdateProfile', changes, at: new Date().toISOString() }, account),
      );
      return { account: requireRegistered(written.state), ...positionOf(written) };
    },

    /**
     * Who an access token stands for; its session may have been signed out since.
     *
     * @throws {Refusal} AUTH_TOKEN_INVALID (also when the password was changed since), AUTH_TOKEN_EXPIRED; AUTH_UNAUTHORIZED
     * when the user is gone
     */
    authenticate: async (accessToken: string): Promise<Caller> => {
      const claims = accessTokens.verify(accessToken);
      const account = await find(claims.userId);
      if (account === undefined) throw new Refusal('AUTH_UNAUTHORIZED');
      if (claims.passwordVersion < account.passwordVersion) throw new Refusal('AUTH_TOKEN_INVALID');
      return { ...claims, account };
    },

    /** Whose valid access token this is, by the token alone; `undefined` when it is none: `authenticate` says what is wrong with it. */
    userOf: (accessToken: string): string | undefined => {
      try {
        return accessTokens.verify(accessToken).userId;
      } catch (error) {
        if (error instanceof Refusal) return undefined;
        throw error;
      }
    },

    /** Whether an account was deleted, as of what has reached this process. @throws {Unavailable} */
    isDeleted: async (userId: string): Promise<boolean> => (await aggregates.load(userId)).state.status === 'deleted',

    /** The same where it is in memory. */
    peekDeleted: (userId: string): boolean | undefined => {
      const known = aggregates.peek(userId);
      return known === undefined ? undefined : known.state.status === 'deleted';
    },

    /** Whether the session behind an access token goes on, as of now. One request. @throws {Unavailable} */
    isSignedIn: ({ userId, sessionId }: Pick<AccessClaims, 'userId' | 'sessionId'>): Promise<boolean> =>
      sessions.isOpen(userId, sessionId),
  };
};
