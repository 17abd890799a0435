import { setTimeout as delay } from 'node:timers/promises';
import { type Account, decideAccount, Refusal } from '@kuraxx/domain';
import type { Aggregates } from '../aggregates.ts';
import type { Reservation, Stores } from '../kv/buckets.ts';
import type { Entry } from '../kv/store.ts';

/** A reservation without a registration counts as abandoned after this: more than any registration takes. */
const abandonedAfterMs = 30_000;
/** So long a username is waited for that somebody is registering with; a registration takes some 20 ms from there. */
const usernamePatienceMs = 3000;
/** Longer: who holds the e-mail meanwhile may be waiting for a username, and gives the e-mail back if that is taken. */
const emailPatienceMs = 2 * usernamePatienceMs;
const firstPauseMs = 10;
const longestPauseMs = 160;

export const emailKey = (email: string): string => `email.${Buffer.from(email.toLowerCase()).toString('base64url')}`;
export const usernameKey = (username: string): string => `username.${username.toLowerCase()}`;

/** Unique names. A reservation names its user; it holds as long as that user has registered or may still do so. */
export const createNames = ({ names, credentials }: Stores, accounts: Aggregates<Account>) => {
  /** Makes sure that a half-done registration can't come to its end any more. @returns false when it has already */
  const abandon = async (userId: string): Promise<boolean> => {
    try {
      await accounts.execute(userId, (account) =>
        decideAccount({ type: 'AbandonRegistration', userId, at: new Date().toISOString() }, account),
      );
    } catch (error) {
      if (error instanceof Refusal) return false;
      throw error;
    }
    await credentials.remove(userId);
    return true;
  };

  const isOver = async ({ value }: Entry<Reservation>): Promise<boolean | 'maybe'> => {
    const { state } = await accounts.loadFresh(value.userId);
    if (state.status === 'registered') return false;
    if (state.status !== 'absent') return true;
    return Date.now() - Date.parse(value.at) < abandonedAfterMs ? 'maybe' : abandon(value.userId);
  };

  /**
   * Reserves one name. While somebody else is about to register with it, it is waited for what becomes of that: only a
   * finished registration is a reason to refuse, or one that takes longer than `patienceMs`.
   */
  const take = async (key: string, userId: string, patienceMs: number): Promise<number | undefined> => {
    const untilMs = Date.now() + patienceMs;
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      const value = { userId, at: new Date().toISOString() };
      const created = await names.create(key, value);
      if (created !== undefined) return created;
      const entry = await names.get(key);
      const over = entry === undefined ? 'maybe' : await isOver(entry); // undefined: given back a moment ago
      if (over === false) return undefined;
      const updated = over === true && entry !== undefined ? await names.update(key, value, entry.revision) : undefined;
      if (updated !== undefined) return updated;
      if (Date.now() >= untilMs) return undefined;
      await delay(pauseMs * (0.5 + Math.random() / 2));
    }
  };

  const isTaken = async (key: string): Promise<boolean> => {
    const entry = await names.get(key);
    return entry !== undefined && (await accounts.load(entry.value.userId)).state.status === 'registered';
  };

  const giveBack = async (key: string, userId: string): Promise<void> => {
    const entry = await names.get(key);
    if (entry?.value.userId === userId) await names.remove(key, entry.revision);
  };

  return {
    abandon,
    /** Refuses names that somebody has for good, before anything costly is done. @throws {Refusal} AUTH_USER_EXISTS */
    requireFree: async (email: string, username: string): Promise<void> => {
      const taken = await Promise.all([emailKey(email), usernameKey(username)].map(isTaken));
      if (taken.includes(true)) throw new Refusal('AUTH_USER_EXISTS');
    },
    /**
     * Reserves both names of a user, or none. The e-mail comes first for everybody, so that nobody waits in a circle: who
     * waits for a username holds an e-mail, and who holds a username waits for nothing.
     *
     * @returns how to give them back
     * @throws {Refusal} AUTH_USER_EXISTS
     */
    reserve: async (email: string, username: string, userId: string): Promise<() => Promise<void>> => {
      const taken: { key: string; revision: number }[] = [];
      const release = async (): Promise<void> => {
        await Promise.all(taken.map(({ key, revision }) => names.remove(key, revision)));
      };
      try {
        for (const [key, patienceMs] of [
          [emailKey(email), emailPatienceMs],
          [usernameKey(username), usernamePatienceMs],
        ] as const) {
          const revision = await take(key, userId, patienceMs);
          if (revision === undefined) throw new Refusal('AUTH_USER_EXISTS');
          taken.push({ key, revision });
        }
      } catch (error) {
        await release();
        throw error;
      }
      return release;
    },
    /** Frees the names of a user as far as they are still theirs. */
    free: async (userId: string, username: string, email: string | undefined): Promise<void> => {
      await giveBack(usernameKey(username), userId);
      if (email !== undefined) await giveBack(emailKey(email), userId);
    },
    /** @returns the user id behind an e-mail; the user may not have registered (yet) */
    findByEmail: async (email: string): Promise<string | undefined> => (await names.get(emailKey(email)))?.value.userId,
  };
};

export type Names = ReturnType<typeof createNames>;
