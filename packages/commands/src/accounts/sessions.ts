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

/** Refresh tokens: opaque, stored hashed, each good for one trade. */
export const createSessions = (sessions: Stores['sessions'], expiryMs: number, reuseGraceMs = defaultReuseGraceMs) => {
  const fresh = (userId: string, sessionId: string) => {
    const secret = randomBytes(32).toString('base64url');
    const now = Date.now();
    const value = {
      secretHash: hashOf(secret),
      rotatedAt: new Date(now).toISOString(),
      expiresAt: new Date(now + expiryMs).toISOString(),
    };
    return { value, session: { userId, sessionId, refreshToken: `${userId}.${sessionId}.${secret}` } };
  };
  /** The sessions that were not used for longest end, so that nobody who only ever signs in fills the store. */
  const makeRoom = async (userId: string): Promise<void> => {
    const keys = await sessions.keys(`${userId}.>`);
    if (keys.length < maxSessions) return;
    const used = await Promise.all(
      keys.map(async (key) => ({ key, rotatedAt: (await sessions.get(key))?.value.rotatedAt ?? '' })),
    );
    used.sort((left, right) => (left.rotatedAt < right.rotatedAt ? -1 : 1));
    await Promise.all(used.slice(0, keys.length - maxSessions + 1).map(({ key }) => sessions.remove(key)));
  };
  const invalid = (): Refusal => new Refusal('AUTH_TOKEN_INVALID');

  return {
    open: async (userId: string): Promise<OpenedSession> => {
      await makeRoom(userId);
      const { value, session } = fresh(userId, randomUUID());
      await sessions.put(`${userId}.${session.sessionId}`, value);
      return session;
    },
    /**
     * Checks a token, which stays good until it is traded for the next one. Of several trades at once one wins.
     *
     * @throws {Refusal} AUTH_TOKEN_INVALID; reuse later than ten seconds after the trade ends the session
     */
    verify: async (token: string): Promise<{ readonly userId: string; trade(): Promise<OpenedSession> }> => {
      const [, userId, sessionId, secret] = tokenPattern.exec(token) ?? [];
      if (userId === undefined || sessionId === undefined || secret === undefined) throw invalid();
      const key = `${userId}.${sessionId}`;
      const entry = await sessions.get(key);
      if (entry === undefined) throw invalid();
      const { secretHash, rotatedAt, expiresAt } = entry.value;
      const now = Date.now();
      if (Date.parse(expiresAt) <= now) {
        await sessions.remove(key, entry.revision);
        throw invalid();
      }
      if (!isSame(hashOf(secret), secretHash)) {
        if (now - Date.parse(rotatedAt) >= reuseGraceMs) await sessions.remove(key);
        throw invalid();
      }
      const trade = async (): Promise<OpenedSession> => {
        const { value, session } = fresh(userId, sessionId);
        if ((await sessions.update(key, value, entry.revision)) === undefined) throw invalid();
        return session;
      };
      return { userId, trade };
    },
    /** Ends all sessions of a user. */
    endAll: async (userId: string): Promise<void> => {
      const keys = await sessions.keys(`${userId}.>`);
      await Promise.all(keys.map((key) => sessions.remove(key)));
    },
  };
};

export type Sessions = ReturnType<typeof createSessions>;
