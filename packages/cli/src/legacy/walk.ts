import type { PastEvent } from '@kuraxx/event-store';
import {
  type ImportedRoom,
  type ImportedUser,
  importedMoment,
  importedRoom,
  importedUser,
  isEarlier,
  isStrayReply,
  type Kind,
  type Moment,
  UnfitRow,
} from './events-of.ts';
import type { LegacyMoment, LegacyRoom, LegacyUser } from './rows.ts';
import type { LegacySource } from './source.ts';
import type { OpenTally } from './tally.ts';

/** So many events are handed over at once. */
const batchEvents = 2048;

/** Where the imported part of a room ends; undefined: nothing of it is there. */
export type RoomEnd = Omit<Moment, 'event'> | undefined;

/** What takes events. A dry run's takes them and does nothing. */
export type Sink = {
  /** @returns the users that can't be taken, and why; `stored` hears what was not there before */
  users(
    users: readonly ImportedUser[],
    stored: (kind: Kind) => void,
  ): Promise<readonly { readonly id: string; readonly reason: string }[]>;
  /** Where each of these rooms ends. */
  ends(roomIds: readonly string[]): Promise<readonly RoomEnd[]>;
  /** Before the first event of a room. */
  begin(room: ImportedRoom): Promise<void>;
  /** Events of rooms, in order. @returns whether they are stored */
  add(events: readonly PastEvent[]): Promise<boolean>;
};

/** The rows of pages, one by one, with a look at the next one. */
const rowsOf = <T>(pages: AsyncIterable<readonly T[]>) => {
  const iterator = pages[Symbol.asyncIterator]();
  let page: readonly T[] = [];
  let at = 0;
  return {
    /** @returns undefined at the end */
    peek: async (): Promise<T | undefined> => {
      while (at >= page.length) {
        const next = await iterator.next();
        if (next.done === true) return undefined;
        page = next.value;
        at = 0;
      }
      return page[at];
    },
    skip: (): void => void at++,
  };
};

const noRoom = (roomId: string): string => (roomId === '' ? 'it names no room' : `there is no room ${roomId}`);

const fitted = <T>(make: () => T, unfit: (reason: string) => void): T | undefined => {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof UnfitRow)) throw error;
    unfit(error.message);
    return undefined;
  }
};

/**
 * Goes through the old database: users, then room after room, each in the order in which it came about. In the log a room's events lie
 * in that order, so where an earlier run has stopped is where the room ends.
 */
export const walk = async (
  source: LegacySource,
  sink: Sink,
  tally: OpenTally,
  step: (rows: number) => void,
): Promise<void> => {
  const takeUsers = async (rows: readonly LegacyUser[]): Promise<void> => {
    const users = rows.flatMap(
      (row) =>
        fitted(
          () => importedUser(row),
          (reason) => tally.problem({ table: 'users', id: row.id, reason }),
        ) ?? [],
    );
    const refused = await sink.users(users, tally.stored);
    for (const { id, reason } of refused) tally.problem({ table: 'users', id, reason });
    for (const { userId, events } of users) {
      if (tally.isBad('users', userId)) continue;
      tally.counted('user');
      if (events.length > 1) tally.counted('profile');
    }
    step(rows.length);
  };
  for await (const rows of source.users()) await takeUsers(rows);

  for await (const rows of source.strayMembers()) {
    for (const { id, roomId } of rows) tally.problem({ table: 'room_members', id, reason: noRoom(roomId) });
  }

  const moments = rowsOf(source.moments());
  let batch: PastEvent[] = [];
  let inBatch: Kind[] = [];
  const flush = async (): Promise<void> => {
    if (await sink.add(batch)) for (const kind of inBatch) tally.stored(kind);
    [batch, inBatch] = [[], []];
  };
  const put = async (kind: Kind, event: PastEvent, isThere: boolean): Promise<void> => {
    tally.counted(kind);
    if (isThere) return;
    batch.push(event);
    inBatch.push(kind);
    if (batch.length >= batchEvents) await flush();
  };

  const momentOf = (row: LegacyMoment): Moment | undefined => {
    if (tally.isBad('messages', row.id)) return undefined;
    if (row.senderId !== null && tally.isBad('users', row.senderId)) {
      if (row.kind === 'message') tally.along('messages');
      return undefined;
    }
    if (row.kind === 'message' && isStrayReply(row)) tally.strayReply();
    return fitted(
      () => importedMoment(row),
      (reason) => tally.problem({ table: 'messages', id: row.id, reason }),
    );
  };

  /** Rows of rooms up to this one that are no rooms. */
  const passStrays = async (roomId: string | undefined): Promise<void> => {
    for (let row = await moments.peek(); row !== undefined; row = await moments.peek()) {
      if (roomId !== undefined && row.roomId >= roomId) return;
      if (row.kind === 'message') tally.problem({ table: 'messages', id: row.id, reason: noRoom(row.roomId) });
      moments.skip();
      step(1);
    }
  };

  const leaveOut = async (row: LegacyRoom): Promise<void> => {
    tally.along('members', row.members.length);
    for (let next = await moments.peek(); next?.roomId === row.id; next = await moments.peek()) {
      if (next.kind === 'message') tally.along('messages');
      moments.skip();
      step(1);
    }
  };

  const takeRoom = async (row: LegacyRoom, room: ImportedRoom, end: RoomEnd): Promise<void> => {
    for (const { id, reason } of room.unfitMembers) tally.problem({ table: 'room_members', id, reason });
    tally.along('members', row.members.filter(({ userId }) => userId !== null && tally.isBad('users', userId)).length);
    const isThere = (moment: Moment): boolean => end !== undefined && !isEarlier(end, moment);
    const putMoment = (moment: Moment): Promise<void> => put(moment.kind, moment.event, isThere(moment));
    if (end === undefined) await sink.begin(room);
    await put('room', room.created, end !== undefined);
    const facts = [...room.facts];
    for (let next = await moments.peek(); next?.roomId === row.id; next = await moments.peek()) {
      const moment = momentOf(next);
      moments.skip();
      step(1);
      if (moment === undefined) continue;
      for (let fact = facts[0]; fact !== undefined && isEarlier(fact, moment); fact = facts[0]) {
        await putMoment(fact);
        facts.shift();
      }
      await putMoment(moment);
    }
    for (const fact of facts) await putMoment(fact);
  };

  for await (const rows of source.rooms()) {
    const rooms = rows.map((row) =>
      fitted(
        () => importedRoom(row, (userId) => tally.isBad('users', userId)),
        (reason) => tally.problem({ table: 'rooms', id: row.id, reason }),
      ),
    );
    await flush(); // a room of this page may not begin before it is known where it ends
    const ends = await sink.ends(rooms.flatMap((room) => room?.roomId ?? []));
    const endOf = new Map(rooms.flatMap((room) => room ?? []).map(({ roomId }, index) => [roomId, ends[index]]));
    for (const [index, row] of rows.entries()) {
      await passStrays(row.id);
      const room = rooms[index];
      if (room === undefined) await leaveOut(row);
      else await takeRoom(row, room, endOf.get(room.roomId));
      step(1 + row.members.length);
    }
  }
  await passStrays(undefined);
  await flush();
};
