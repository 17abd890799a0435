import { ApiError, SignedOut } from './errors.ts';
import type { AccessToken } from './rest.ts';

/** Who is signed in, and the tokens that prove it. */
export type Session = {
  readonly userId: string;
  readonly username: string;
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Of the access token, by this machine's clock; milliseconds since 1970. */
  readonly expiresAtMs: number;
  /** Life of the access token in milliseconds. */
  readonly expiresInMs: number;
};

/** Where a session is kept, and the lock around its renewal; shared by all that use the same session (the tabs of a browser, say). */
export type SessionStore = {
  read(): Promise<Session | undefined>;
  write(session: Session | undefined): Promise<void>;
  /** Runs `work` while no other sharer does; whatever it throws is passed on. */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
  /** Calls back when another sharer has written. @returns how to stop it */
  watch(changed: () => void): () => void;
};

/** What a sign-in or a renewal gives. */
export type Tokens = { readonly accessToken: string; readonly refreshToken: string; readonly expiresIn: number };

export type Sessions = {
  /** The session as it is known here. */
  current(): Session | undefined;
  /** @returns whether a session was kept by an earlier life of the application */
  restore(): Promise<boolean>;
  begin(user: { readonly id: string; readonly username: string }, tokens: Tokens): Promise<void>;
  end(): Promise<void>;
  accessToken: AccessToken;
  close(): void;
};

/** A token is renewed before it expires, so that requests under way don't meet the end of it. */
const isFresh = ({ expiresAtMs, expiresInMs }: Session): boolean =>
  Date.now() < expiresAtMs - Math.min(30_000, expiresInMs / 5);

/** How long another sharer that renews without a lock is waited for. */
const othersRenewalMs = 3_000;
const lookAgainMs = 100;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Keeps the session and renews its tokens: a refresh token is good for one trade, so one renewal at a time, by this instance and by all that
 * share the store. Who is second takes what the first has got.
 *
 * @param trade asks the server for new tokens
 * @param changed is called when the session begins, ends or is somebody else's, here or by another sharer; `before` is whose it was
 */
export const createSessions = (
  store: SessionStore,
  trade: (refreshToken: string) => Promise<Tokens>,
  changed: (session: Session | undefined, before: string | undefined) => void,
): Sessions => {
  let session: Session | undefined;
  let renewal: Promise<Session> | undefined;

  const adopt = (next: Session | undefined): void => {
    const before = session?.userId;
    session = next;
    if (before !== next?.userId) changed(next, before);
  };
  const keep = async (next: Session | undefined): Promise<void> => {
    await store.write(next);
    adopt(next);
  };
  const withTokens = (user: Pick<Session, 'userId' | 'username'>, tokens: Tokens): Session => ({
    userId: user.userId,
    username: user.username,
    accessToken: tokens.accessToken,
    refreshToken: tokens.refreshToken,
    expiresAtMs: Date.now() + tokens.expiresIn,
    expiresInMs: tokens.expiresIn,
  });

  /** Somebody else may have traded the same token a moment ago, without a lock: their tokens are about to be written. */
  const othersRenewal = async (traded: string): Promise<Session | undefined> => {
    for (let waitedMs = 0; waitedMs < othersRenewalMs; waitedMs += lookAgainMs) {
      const kept = await store.read();
      if (kept?.refreshToken !== traded) return kept;
      await sleep(lookAgainMs);
    }
    return undefined;
  };

  const renew = (stale: string | undefined): Promise<Session> =>
    store.exclusively(async () => {
      const kept = await store.read();
      if (kept === undefined) {
        adopt(undefined);
        throw new SignedOut();
      }
      if (kept.accessToken !== stale && isFresh(kept)) {
        adopt(kept);
        return kept;
      }
      try {
        const next = withTokens(kept, await trade(kept.refreshToken));
        await keep(next);
        return next;
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 401) throw error;
        const others = await othersRenewal(kept.refreshToken);
        if (others === undefined) {
          await keep(undefined);
          throw new SignedOut();
        }
        adopt(others);
        return others;
      }
    });

  const unwatch = store.watch(() => {
    store.read().then(adopt, () => undefined); // a store that can't be read has told nothing new
  });

  return {
    current: () => session,
    async restore() {
      adopt(await store.read());
      return session !== undefined;
    },
    begin: ({ id, username }, tokens) => keep(withTokens({ userId: id, username }, tokens)),
    end: () => keep(undefined),
    async accessToken(stale) {
      if (session === undefined) throw new SignedOut();
      if (session.accessToken !== stale && isFresh(session)) return session.accessToken;
      renewal ??= renew(stale ?? session.accessToken).finally(() => {
        renewal = undefined;
      });
      return (await renewal).accessToken;
    },
    close: unwatch,
  };
};
