import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { Refusal } from '@kuraxx/domain';
import type { Stores } from '../kv/buckets.ts';

/**
 * A token that was traded so recently is refused without ending its family: a client that asked twice at once, or whose
 * answer got lost, is no thief. Later it is.
 */
const defaultReuseGraceMs = 10_000;

/** Of one user at once. */
export const maxSessions = 100;

const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('base64url');

const isSame = (left: string, right: string): boolean =>
  left.length === right.length && timingSafeEqual(Buffer.from(left), Buffer.from(right));

const tokenPattern = /^([0-9a-f-]{36})\.([0-9a-f-]{36})\.([A-Za-z0-9_-]{43})$/;

export type OpenedSession = { readonly userId: string; readonly sessionId: string; readonly refreshToken: string };

/** A refresh token that is good until it is traded. */
export type VerifiedSession = {
  readonly userId: string;
  readonly passwordVersion: number;
  /** Of several trades at once one wins. @throws {Refusal} AUTH_TOKEN_INVALID for the others */
  trade(): Promise<OpenedSession>;
};

export type SessionOptions = {
  readonly expiryMs: number;
  readonly reuseGraceMs?: number;
  /** Told of every session that has ended before its time, after it has ended. */
  readonly onEnded: (userId: string, sessionIds: readonly string[]) => void;
};

/** Refresh tokens: opaque, stored hashed, each good for one trade. */
export const createSessions = (sessions: Stores['sessions'], options: SessionOptions) => {
  const { expiryMs, reuseGraceMs = defaultReuseGraceMs, onEnded } = options;

  const fresh = (userId: string, sessionId: string, passwordVersion: number) => {
    const secret = randomBytes(32).toString('base64url');
    const now = Date.now();
    const value = {
      secretHash: hashOf(secret),
      rotatedAt: new Date(now).toISOString(),
      expiresAt: new Date(now + expiryMs).toISOString(),
      passwordVersion,
    };
    return { value, session: { userId, sessionId, refreshToken: `${userId}.${sessionId}.${secret}` } };
  };
  const idsOf = async (userId: string): Promise<string[]> =>
    (await sessions.keys(`${userId}.>`)).map((key) => key.slice(userId.length + 1));
  const end = async (userId: string, sessionIds: readonly string[]): Promise<void> => {
    if (sessionIds.length === 0) return;
    await Promise.all(sessionIds.map((sessionId) => sessions.remove(`${userId}.${sessionId}`)));
    onEnded(userId, sessionIds);
  };
  /** The sessions that were not used for longest end, so that nobody who only ever signs in fills the store. */
  const makeRoom = async (userId: string): Promise<void> => {
    const sessionIds = await idsOf(userId);
    if (sessionIds.length < maxSessions) return;
    const entries = await Promise.all(
      sessionIds.map(async (sessionId) => {
        const entry = await sessions.get(`${userId}.${sessionId}`);
        // what is not seen yet may be the newest of all
        return entry === undefined ? [] : [{ sessionId, rotatedAt: entry.value.rotatedAt }];
      }),
    );
    const used = entries.flat();
    used.sort((left, right) => (left.rotatedAt < right.rotatedAt ? -1 : 1));
    const surplus = used.slice(0, Math.max(0, used.length - maxSessions + 1));
    await end(
      userId,
      surplus.map(({ sessionId }) => sessionId),
    );
  };
  const invalid = (): Refusal => new Refusal('AUTH_TOKEN_INVALID');

  return {
    /** @param passwordVersion of the password that was given */
    open: async (userId: string, passwordVersion: number): Promise<OpenedSession> => {
      await makeRoom(userId);
      const { value, session } = fresh(userId, randomUUID(), passwordVersion);
      await sessions.put(`${userId}.${session.sessionId}`, value);
      return session;
    },
    /**
     * Checks a token.
     *
     * @throws {Refusal} AUTH_TOKEN_INVALID; reuse later than ten seconds after the trade ends the session
     */
    verify: async (token: string): Promise<VerifiedSession> => {
      const [, userId, sessionId, secret] = tokenPattern.exec(token) ?? [];
      if (userId === undefined || sessionId === undefined || secret === undefined) throw invalid();
      const key = `${userId}.${sessionId}`;
      const entry = await sessions.get(key);
      if (entry === undefined) throw invalid();
      const { secretHash, rotatedAt, expiresAt, passwordVersion } = entry.value;
      const now = Date.now();
      if (Date.parse(expiresAt) <= now) {
        await sessions.remove(key, entry.revision);
        throw invalid();
      }
      if (!isSame(hashOf(secret), secretHash)) {
        if (now - Date.parse(rotatedAt) >= reuseGraceMs) await end(userId, [sessionId]);
        throw invalid();
      }
      const trade = async (): Promise<OpenedSession> => {
        const { value, session } = fresh(userId, sessionId, passwordVersion);
        if ((await sessions.update(key, value, entry.revision)) === undefined) throw invalid();
        return session;
      };
      return { userId, passwordVersion, trade };
    },
    /** Whether a session has neither ended nor expired. One request. */
    isOpen: async (userId: string, sessionId: string): Promise<boolean> => {
      const entry = await sessions.get(`${userId}.${sessionId}`);
      return entry !== undefined && Date.parse(entry.value.expiresAt) > Date.now();
    },
    /** Ends all sessions of a user that are open as of this call. */
    endAll: async (userId: string): Promise<void> => end(userId, await idsOf(userId)),
    /** Ends the sessions that were opened with an older password, and in doubt one that can't be seen yet. */
    endOlder: async (userId: string, passwordVersion: number): Promise<void> => {
      const sessionIds = await idsOf(userId);
      const entries = await Promise.all(sessionIds.map((sessionId) => sessions.get(`${userId}.${sessionId}`)));
      await end(
        userId,
        sessionIds.filter((_, index) => (entries[index]?.value.passwordVersion ?? 0) < passwordVersion),
      );
    },
  };
};

export type Sessions = ReturnType<typeof createSessions>;
