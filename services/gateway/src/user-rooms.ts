import { decodeRecord, type EventLog } from '@kuraxx/event-store';
import type { Logger } from 'pino';
import { batched } from './batch.ts';
import { membershipChangeOf } from './membership-change.ts';
import { within } from './within.ts';

const lookupTimeoutMs = 3_000;
const retryMs = 5_000;

/** Which rooms the users of this process are in: for presence alone, so a moment's lag does no harm. */
export type UserRooms = {
  /** A user's first socket here. */
  add(userId: string): void;
  /** A user's last socket here has gone. */
  remove(userId: string): void;
  /** What joining has proved, also while the read model is away. */
  joined(userId: string, roomId: string): void;
  /** Rooms of a user, who may be anywhere; of nobody when nobody has a socket here. Many that are asked for at once cost one look-up. */
  roomsOf(userId: string): Promise<Iterable<string>>;
  /** Users with sockets here who are in one of the rooms; without `userId`. */
  others(roomIds: Iterable<string>, userId: string): ReadonlySet<string>;
  close(): void;
};

type Local = {
  readonly rooms: Set<string>;
  readonly changes: Map<string, boolean>;
};

/**
 * Loads from the read model when a user comes and keeps it true by the live facts. With the read model away it works with
 * what it has seen itself, and asks again.
 */
export const createUserRooms = async (needs: {
  readonly log: EventLog;
  readonly roomsOf: (userIds: string[]) => Promise<ReadonlyMap<string, readonly string[]>>;
  /** Followed rooms that the user is a member of: all that is known of strangers while the read model is away. */
  readonly followedRoomsOf: (userId: string) => readonly string[];
  readonly logger: Logger;
}): Promise<UserRooms> => {
  const locals = new Map<string, Local>();
  const usersByRoom = new Map<string, Set<string>>();
  const loadings = new Set<Promise<void>>();
  const retries = new Set<NodeJS.Timeout>();
  const lookup = batched(
    (ids) => within(needs.roomsOf(ids), lookupTimeoutMs, 'rooms of users'),
    [] as readonly string[],
  );

  const set = (userId: string, local: Local, roomId: string, isMember: boolean): void => {
    local.changes.set(roomId, isMember);
    if (isMember) {
      local.rooms.add(roomId);
      const users = usersByRoom.get(roomId);
      if (users === undefined) usersByRoom.set(roomId, new Set([userId]));
      else users.add(userId);
      return;
    }
    local.rooms.delete(roomId);
    const users = usersByRoom.get(roomId);
    if (users?.delete(userId) === true && users.size === 0) usersByRoom.delete(roomId);
  };

  const change = (userId: string, roomId: string, isMember: boolean): void => {
    const local = locals.get(userId);
    if (local !== undefined) set(userId, local, roomId, isMember);
  };

  const load = async (userId: string, local: Local): Promise<void> => {
    local.changes.clear();
    try {
      const rooms = await lookup(userId);
      if (locals.get(userId) !== local) return;
      const changed = new Map(local.changes); // newer than the answer
      const wanted = new Set(rooms);
      for (const roomId of Array.from(local.rooms))
        if (!wanted.has(roomId) && !changed.has(roomId)) set(userId, local, roomId, false);
      for (const roomId of wanted) if (!changed.has(roomId)) set(userId, local, roomId, true);
    } catch (error) {
      needs.logger.warn({ err: error }, 'presence: rooms of a user are not known now');
      const timer = setTimeout(() => {
        retries.delete(timer);
        reload(userId, local);
      }, retryMs);
      retries.add(timer);
    }
  };
  const reload = (userId: string, local: Local): void => {
    if (locals.get(userId) !== local) return;
    const loading = load(userId, local).finally(() => loadings.delete(loading));
    loadings.add(loading);
  };

  const stopFacts = await needs.log.followFacts(
    (record) => {
      if (record.subject.kind !== 'room' || record.subject.aspect !== 'meta') return;
      const { roomId } = record.subject;
      const everybody = (): string[] => Array.from(usersByRoom.get(roomId) ?? []);
      try {
        const { joined, left, isOver } = membershipChangeOf(decodeRecord(record));
        for (const userId of isOver ? everybody() : left) change(userId, roomId, false);
        for (const userId of joined) change(userId, roomId, true);
      } catch (error) {
        // who is in the room is not known any more: rather show nobody's presence than to strangers
        needs.logger.error({ err: error, roomId }, 'presence: the members of a room are not known');
        for (const userId of everybody()) change(userId, roomId, false);
      }
    },
    () => {
      for (const [userId, local] of locals) reload(userId, local);
    },
  );

  const roomsOf = async (userId: string): Promise<Iterable<string>> => {
    // Who has come a moment ago is still being loaded: wait, or they would miss this.
    await Promise.all(loadings);
    if (locals.size === 0) return [];
    const local = locals.get(userId);
    if (local !== undefined) return local.rooms;
    try {
      return await lookup(userId);
    } catch (error) {
      needs.logger.warn({ err: error }, 'presence: rooms of a user are not known now');
      return needs.followedRoomsOf(userId);
    }
  };

  return {
    add(userId) {
      const local: Local = { rooms: new Set(), changes: new Map() };
      locals.set(userId, local);
      reload(userId, local);
    },
    remove(userId) {
      const local = locals.get(userId);
      for (const roomId of Array.from(local?.rooms ?? [])) change(userId, roomId, false);
      locals.delete(userId);
    },
    joined: (userId, roomId) => change(userId, roomId, true),
    roomsOf,
    others(roomIds, userId) {
      const others = new Set<string>();
      for (const roomId of roomIds) {
        for (const other of usersByRoom.get(roomId) ?? []) if (other !== userId) others.add(other);
      }
      return others;
    },
    close() {
      stopFacts();
      for (const timer of retries) clearTimeout(timer);
      locals.clear();
    },
  };
};
