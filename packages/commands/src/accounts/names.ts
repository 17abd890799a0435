import { type Account, decideAccount, Refusal } from '@kuraxx/domain';
import type { Aggregates } from '../aggregates.ts';
import type { Stores } from '../kv/buckets.ts';

/** A reservation without a registration counts as abandoned after this: more than any registration takes. */
const abandonedAfterMs = 30_000;

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

  const take = async (key: string, userId: string): Promise<number | undefined> => {
    const value = { userId, at: new Date().toISOString() };
    const revision = await names.create(key, value);
    if (revision !== undefined) return revision;
    const entry = await names.get(key);
    if (entry === undefined) return names.create(key, value); // given back a moment ago
    const { state } = await accounts.load(entry.value.userId);
    if (state.status === 'registered') return undefined;
    if (state.status === 'absent' && Date.now() - Date.parse(entry.value.at) < abandonedAfterMs) return undefined;
    if (!(await abandon(entry.value.userId))) return undefined;
    return names.update(key, value, entry.revision);
  };

  const isTaken = async (key: string): Promise<boolean> => {
    const entry = await names.get(key);
    return entry !== undefined && (await accounts.load(entry.value.userId)).state.status === 'registered';
  };

  return {
    abandon,
    /** Refuses names that somebody has for good, before anything costly is done. @throws {Refusal} AUTH_USER_EXISTS */
    requireFree: async (email: string, username: string): Promise<void> => {
      const taken = await Promise.all([emailKey(email), usernameKey(username)].map(isTaken));
      if (taken.includes(true)) throw new Refusal('AUTH_USER_EXISTS');
    },
    /**
     * Reserves both names of a user, or none.
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
        for (const key of [emailKey(email), usernameKey(username)]) {
          const revision = await take(key, userId);
          if (revision === undefined) throw new Refusal('AUTH_USER_EXISTS');
          taken.push({ key, revision });
        }
      } catch (error) {
        await release();
        throw error;
      }
      return release;
    },
    /** @returns the user id behind an e-mail; the user may not have registered (yet) */
    findByEmail: async (email: string): Promise<string | undefined> => (await names.get(emailKey(email)))?.value.userId,
  };
};

export type Names = ReturnType<typeof createNames>;
