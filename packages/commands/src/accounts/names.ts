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
    if (!(await names.update(key, value, entry.revision))) return undefined;
    return (await names.get(key))?.revision;
  };

  return {
    abandon,
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
