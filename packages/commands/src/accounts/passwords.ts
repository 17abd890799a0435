import { type Account, decideAccount, Refusal } from '@kuraxx/domain';
import type { Position } from '@kuraxx/event-store';
import { type Aggregates, positionOf } from '../aggregates.ts';
import type { Credentials, Stores } from '../kv/buckets.ts';
import type { Hashing } from './hashing.ts';
import type { Sessions } from './sessions.ts';

type Needs = {
  readonly aggregates: Aggregates<Account>;
  readonly stores: Pick<Stores, 'credentials' | 'unfinished'>;
  readonly sessions: Sessions;
  readonly hashing: Hashing;
};

/** Longer than there can be between the intent and the change. */
const changeMs = 10_000;

export const unfinishedPassword = (userId: string): string => `password.${userId}`;

const now = (): string => new Date().toISOString();

/** Checking and changing passwords. */
export const createPasswords = ({ aggregates, stores, sessions, hashing }: Needs) => {
  /** @throws {Refusal} AUTH_INVALID_CREDENTIALS @throws {Unavailable} */
  const require = async (userId: string, password: string) => {
    const entry = await stores.credentials.get(userId);
    const fits = await hashing.matches(password, entry?.value.passwordHash);
    if (!fits || entry === undefined) throw new Refusal('AUTH_INVALID_CREDENTIALS');
    return entry;
  };

  /**
   * Signs out everywhere what was signed in with an older password. May be repeated, by several processes at once; a
   * change that has begun (`begun`) comes to its end here.
   */
  const finish = async (userId: string): Promise<{ readonly position?: Position }> => {
    const begun = await stores.unfinished.get(unfinishedPassword(userId));
    const version = (await stores.credentials.get(userId))?.value.passwordVersion ?? 0;
    const written: { readonly position?: Position } = await aggregates
      .execute(userId, (account) => decideAccount({ type: 'ChangePassword', version, at: now() }, account))
      .catch((error: unknown) => {
        if (error instanceof Refusal) return {}; // the account was deleted meanwhile, and its sessions with it
        throw error;
      });
    await sessions.endOlder(userId, version);
    // Nothing to do yet may mean that who has begun is about to change it: their intent must not go before that
    const isOver = written.position !== undefined || Date.now() - Date.parse(begun?.value.at ?? '') > changeMs;
    if (begun !== undefined && isOver) await stores.unfinished.remove(unfinishedPassword(userId), begun.revision);
    return positionOf(written);
  };

  return {
    require,
    finish,
    /**
     * The new password and the end of all sessions are one write: the sessions of an older version are worth nothing from
     * then on. Of parallel changes from one password one wins.
     *
     * @throws {Refusal} AUTH_INVALID_CREDENTIALS @throws {Unavailable} it may have been changed
     */
    change: async (
      userId: string,
      currentPassword: string,
      newPassword: string,
    ): Promise<{ readonly credentials: Credentials; readonly position?: Position }> => {
      for (;;) {
        const { value, revision } = await require(userId, currentPassword);
        const passwordHash = await hashing.hash(newPassword);
        const credentials = { ...value, passwordHash, passwordVersion: value.passwordVersion + 1 };
        await stores.unfinished.put(unfinishedPassword(userId), { at: now() });
        const updated = await stores.credentials.update(userId, credentials, revision);
        if (updated !== undefined) return { credentials, ...(await finish(userId)) };
        // changed or deleted by somebody else: they, or we, know another password by now
      }
    },
  };
};

export type Passwords = ReturnType<typeof createPasswords>;
