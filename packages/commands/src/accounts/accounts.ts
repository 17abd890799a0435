import { randomUUID } from 'node:crypto';
import { type Account, decideAccount, Refusal, type RegisteredAccount } from '@kuraxx/domain';
import type { Position } from '@kuraxx/event-store';
import { publishSignedOut } from '@kuraxx/signals';
import type { NatsConnection } from 'nats';
import type { Logger } from 'pino';
import type { Aggregates } from '../aggregates.ts';
import type { Stores } from '../kv/buckets.ts';
import type { Hashing } from './hashing.ts';
import type { Names } from './names.ts';
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
  readonly nats: NatsConnection;
  readonly aggregates: Aggregates<Account>;
  readonly stores: Stores;
  readonly names: Names;
  readonly sessions: Sessions;
  readonly hashing: Hashing;
  readonly jwtSecret: string;
  readonly accessExpiryMs: number;
  readonly logger: Logger;
};

const requireRegistered = (account: Account): RegisteredAccount => {
  if (account.status !== 'registered') throw new Refusal('AUTH_UNAUTHORIZED');
  return account;
};

/** Commands about accounts. All of them work without Postgres; without NATS they throw {Unavailable}. */
export const createAccounts = (needs: Needs) => {
  const { nats, aggregates, stores, names, sessions, hashing, logger } = needs;
  const accessTokens = createAccessTokens({ secret: needs.jwtSecret, expiryMs: needs.accessExpiryMs });

  const tokensFor = (account: RegisteredAccount, email: string, session: OpenedSession): Tokens => {
    const { userId, username } = account;
    const { sessionId, refreshToken } = session;
    const accessToken = accessTokens.sign({ userId, email, username, sessionId });
    return { accessToken, refreshToken, expiresIn: needs.accessExpiryMs };
  };
  const find = async (userId: string): Promise<RegisteredAccount | undefined> => {
    const { state } = await aggregates.load(userId);
    if (state.status === 'registered') return state;
    const fresh = await aggregates.loadFresh(userId); // it may have registered elsewhere a moment ago
    return fresh.state.status === 'registered' ? fresh.state : undefined;
  };
  const email = async (userId: string): Promise<string | undefined> =>
    (await stores.credentials.get(userId))?.value.email;

  return {
    find,
    email,

    /** Creates an account and signs in. @throws {Refusal} AUTH_USER_EXISTS, leaving nothing behind */
    register: async (input: {
      readonly email: string;
      readonly username: string;
      readonly password: string;
      readonly displayName?: string | undefined;
    }): Promise<SignedIn> => {
      const userId = randomUUID();
      const { username, displayName = username } = input;
      await names.requireFree(input.email, username);
      const passwordHash = await hashing.hash(input.password); // may queue: a reservation must not grow old meanwhile
      const release = await names.reserve(input.email, username, userId);
      try {
        await stores.credentials.put(userId, { email: input.email, passwordHash });
        const at = new Date().toISOString();
        const { state, position } = await aggregates.execute(userId, (account) =>
          decideAccount({ type: 'Register', userId, username, displayName, at }, account),
        );
        const account = requireRegistered(state);
        const tokens = tokensFor(account, input.email, await sessions.open(userId));
        return { account, email: input.email, tokens, ...(position === undefined ? {} : { position }) };
      } catch (error) {
        await undo(userId, release);
        throw error;
      }
    },

    /** @throws {Refusal} AUTH_INVALID_CREDENTIALS, in the same time whether or not the e-mail is known */
    login: async (input: { readonly email: string; readonly password: string }): Promise<SignedIn> => {
      const userId = await names.findByEmail(input.email);
      const entry = userId === undefined ? undefined : await stores.credentials.get(userId);
      const fits = await hashing.matches(input.password, entry?.value.passwordHash);
      const account = userId === undefined ? undefined : await find(userId);
      if (!fits || entry === undefined || account === undefined) throw new Refusal('AUTH_INVALID_CREDENTIALS');
      const session = await sessions.open(account.userId);
      return { account, email: entry.value.email, tokens: tokensFor(account, entry.value.email, session) };
    },

    /** Trades a refresh token, once. @throws {Refusal} AUTH_TOKEN_INVALID */
    refresh: async (refreshToken: string): Promise<Tokens> => {
      const session = await sessions.verify(refreshToken);
      const [account, address] = await Promise.all([find(session.userId), email(session.userId)]);
      if (account === undefined || address === undefined) throw new Refusal('AUTH_TOKEN_INVALID');
      return tokensFor(account, address, await session.trade()); // last: what fails before leaves the token good
    },

    /** Ends all sessions of a user and the live sockets. */
    logout: async (userId: string): Promise<void> => {
      await sessions.endAll(userId);
      publishSignedOut(nats, userId);
    },

    /** Changes what is given. @throws {Refusal} AUTH_UNAUTHORIZED without an account */
    updateProfile: async (
      userId: string,
      changes: { readonly displayName?: string | undefined; readonly avatarUrl?: string | undefined },
    ): Promise<{ readonly account: RegisteredAccount; readonly position?: Position }> => {
      const { state, position } = await aggregates.execute(userId, (account) =>
        decideAccount({ type: 'UpdateProfile', changes, at: new Date().toISOString() }, account),
      );
      return { account: requireRegistered(state), ...(position === undefined ? {} : { position }) };
    },

    /**
     * Who an access token stands for.
     *
     * @throws {Refusal} AUTH_TOKEN_INVALID, AUTH_TOKEN_EXPIRED; AUTH_UNAUTHORIZED when the user is gone
     */
    authenticate: async (accessToken: string): Promise<Caller> => {
      const claims = accessTokens.verify(accessToken);
      const account = await find(claims.userId);
      if (account === undefined) throw new Refusal('AUTH_UNAUTHORIZED');
      return { ...claims, account };
    },
  };

  /** Frees the names once it is certain that the registration can't come to its end; else they free themselves later. */
  async function undo(userId: string, release: () => Promise<void>): Promise<void> {
    try {
      if (await names.abandon(userId)) await release();
    } catch (error) {
      logger.warn({ err: error, userId }, 'a failed registration keeps its names for half a minute');
    }
  }
};
