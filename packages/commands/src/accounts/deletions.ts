import { type Account, decideAccount, Refusal } from '@kuraxx/domain';
import type { Position } from '@kuraxx/event-store';
import { type Aggregates, positionOf } from '../aggregates.ts';
import type { Stores } from '../kv/buckets.ts';
import type { Names } from './names.ts';
import type { Sessions } from './sessions.ts';

type Needs = {
  readonly aggregates: Aggregates<Account>;
  readonly stores: Pick<Stores, 'credentials' | 'unfinished'>;
  readonly names: Names;
  readonly sessions: Sessions;
  /** Tells every gateway to close all sockets of a user. */
  readonly tellGone: (userId: string) => void;
  /** Every room that the user is in as of the call. @throws {Unavailable} when that can't be known now */
  readonly findRooms: (userId: string) => Promise<readonly string[]>;
  /** Takes the user out of a room, whatever their role. */
  readonly eraseMember: (roomId: string, userId: string) => Promise<void>;
};

/**
 * A command that has found the account still there may be on its way: a room that is created, somebody who is added. So
 * long after the deletion it has arrived, or never will, and is looked for once more.
 */
const stragglersMs = 60_000;
/** Rooms that are left side by side. */
const roomsAtOnce = 8;

export const unfinishedDeletion = (userId: string): string => `deletion.${userId}`;

const now = (): string => new Date().toISOString();

/** Deleting an account: a process over several aggregates, which comes to its end whatever happens to who has begun it. */
export const createDeletions = (needs: Needs) => {
  const { aggregates, stores, names, sessions, tellGone, findRooms, eraseMember } = needs;

  /** From the event on nothing can be done in the account's name any more, so that what follows finds all there is. */
  const endAccount = async (userId: string): Promise<{ readonly position?: Position }> => {
    const written = await aggregates.execute(userId, (account) =>
      decideAccount({ type: 'DeleteAccount', at: now() }, account),
    );
    await sessions.endAll(userId);
    tellGone(userId);
    if (written.state.status === 'deleted') {
      const email = (await stores.credentials.get(userId))?.value.email;
      await names.free(userId, written.state.username, email);
    }
    await stores.credentials.remove(userId); // last: the e-mail is known from here alone
    return positionOf(written);
  };

  /** @returns whether they were in any */
  const leaveRooms = async (userId: string): Promise<boolean> => {
    const roomIds = await findRooms(userId);
    for (let start = 0; start < roomIds.length; start += roomsAtOnce) {
      await Promise.all(roomIds.slice(start, start + roomsAtOnce).map((roomId) => eraseMember(roomId, userId)));
    }
    return roomIds.length > 0;
  };

  return {
    /** The intent is durable: from here on the deletion happens. */
    begin: async (userId: string): Promise<void> => {
      await stores.unfinished.create(unfinishedDeletion(userId), { at: now() }); // begun already: just as well
    },
    endAccount,
    leaveRooms,
    /** Does what is left to do. May be repeated, by several processes at once. @throws {Unavailable} */
    finish: async (userId: string): Promise<void> => {
      const begun = await stores.unfinished.get(unfinishedDeletion(userId));
      if (begun === undefined) return;
      const isLate = Date.now() - Date.parse(begun.value.at) > stragglersMs;
      try {
        await endAccount(userId);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error; // a refusal: there never was such an account
      }
      const wasInRooms = await leaveRooms(userId);
      if (isLate && !wasInRooms) await stores.unfinished.remove(unfinishedDeletion(userId), begun.revision);
    },
  };
};

export type Deletions = ReturnType<typeof createDeletions>;
