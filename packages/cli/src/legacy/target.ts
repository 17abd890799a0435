import { emailKey, openStores, type Stores, usernameKey } from '@kuraxx/commands';
import { type BulkAppend, describeLog, type EventLog, openBulkAppend, type Subject } from '@kuraxx/event-store';
import type { NatsConnection } from 'nats';
import { type ImportedUser, idPrefix, type Kind, parseEventId, type Ranked, ranks } from './events-of.ts';
import type { RoomEnd, Sink } from './walk.ts';

/** So many users or rooms are looked at side by side. */
const sideBySide = 64;

const mapSideBySide = async <T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> => {
  const results: R[] = [];
  for (let start = 0; start < items.length; start += sideBySide) {
    results.push(...(await Promise.all(items.slice(start, start + sideBySide).map(work))));
  }
  return results;
};

const isRanked = (kind: string): kind is Ranked => Object.hasOwn(ranks, kind);
const aspects = ['meta', 'msg', 'edit'] as const;

/** Earlier than anything that happens in a room. */
const beginning: RoomEnd = { at: '', kind: 'member', id: '' };

/** Where the imported part of a room ends, as the log has it. */
export const findRoomEnd = async (
  log: Pick<EventLog, 'lastSequence' | 'readRoom'>,
  roomId: string,
): Promise<RoomEnd> => {
  const lasts = await Promise.all(aspects.map((aspect) => log.lastSequence({ kind: 'room', roomId, aspect })));
  const last = Math.max(...lasts);
  if (last === 0) return undefined;
  const endIn = async (after: number): Promise<RoomEnd> => {
    let end: RoomEnd;
    for await (const { eventId, time } of log.readRoom(roomId, { after, upTo: last })) {
      const known = parseEventId(eventId);
      if (known === undefined) continue;
      // what the room began with comes before everything else, whenever that was
      if (!isRanked(known.kind)) end = beginning;
      else end = { at: time, kind: known.kind, id: known.id };
    }
    return end;
  };
  // people may have gone on writing in the room since
  return (await endIn(last - 1)) ?? (await endIn(0)) ?? beginning;
};

const takenText = (what: string): string => `somebody in this system has the ${what} already`;

const refusedOf = (users: readonly ImportedUser[], outcomes: readonly unknown[]) =>
  users.flatMap(({ userId }, index) => {
    const outcome = outcomes[index];
    return typeof outcome === 'string' ? [{ id: userId, reason: outcome }] : [];
  });

/** Reserves a user's names, or says why not. */
const reserve = async (
  names: Stores['names'],
  { userId, email, username }: ImportedUser,
): Promise<string | undefined> => {
  const at = new Date().toISOString();
  for (const [what, key] of [
    ['e-mail', emailKey(email)],
    ['username', usernameKey(username)],
  ] as const) {
    if ((await names.create(key, { userId, at })) !== undefined) continue;
    if ((await names.get(key))?.value.userId !== userId) return takenText(what);
  }
  return undefined;
};

export type Target = Sink & {
  /** Writes nothing, but finds names that are taken here. */
  readonly check: Sink;
  close(): void;
};

/**
 * The system that is imported into. Nothing is overwritten: who is there stays as they are, with their password. Stores that are
 * missing get as many copies as the log has.
 */
export const openTarget = async (nats: NatsConnection, log: EventLog): Promise<Target> => {
  const bulk: BulkAppend = await openBulkAppend(nats, log, { source: 'kuraxx/import' });
  const { streams } = await describeLog(nats);
  const stores = await openStores(nats, Math.max(1, ...streams.map(({ copies }) => copies)));

  const eventsOf = async (subject: Subject): Promise<string[]> => {
    const ids: string[] = [];
    for await (const { eventId } of log.readSubject(subject)) ids.push(eventId);
    return ids;
  };
  /** @returns what is to be stored of a user, or why nothing can be */
  const prepare = async (user: ImportedUser): Promise<ImportedUser['events'] | string> => {
    const { userId, email, passwordHash, events } = user;
    const there = await eventsOf({ kind: 'account', userId });
    if (there.length > 0) {
      if (there[0]?.startsWith(`${idPrefix}:`) !== true) return 'another account has this id';
      // what has happened to the account here since is newer than what the old system has to say
      const isUntouched = there.every((eventId) => eventId.startsWith(`${idPrefix}:`));
      return isUntouched && there.length === 1 ? events.slice(1) : [];
    }
    const taken = await reserve(stores.names, user);
    if (taken !== undefined) return taken;
    await stores.credentials.put(userId, { email, passwordHash, passwordVersion: 0 });
    return events;
  };

  const nameTaken = async ({ userId, email, username }: ImportedUser): Promise<string | undefined> => {
    const keys = [emailKey(email), usernameKey(username)];
    const [byEmail, byUsername] = await Promise.all(keys.map((key) => stores.names.get(key)));
    if (byEmail !== undefined && byEmail.value.userId !== userId) return takenText('e-mail');
    if (byUsername !== undefined && byUsername.value.userId !== userId) return takenText('username');
    return undefined;
  };

  return {
    check: {
      ...dryTarget,
      users: async (users) => refusedOf(users, await mapSideBySide(users, nameTaken)),
    },
    users: async (users, stored) => {
      const prepared = await mapSideBySide(users, prepare);
      const events = prepared.flatMap((one) => (typeof one === 'string' ? [] : one));
      await bulk.add(events);
      for (const { event } of events) stored(kindOfUserEvent(event.type));
      return refusedOf(users, prepared);
    },
    ends: (roomIds) => mapSideBySide(roomIds, (roomId) => findRoomEnd(log, roomId)),
    begin: async ({ roomId, passcodeHash }) => {
      if (passcodeHash !== undefined) await stores.passcodes.put(roomId, { hash: passcodeHash });
    },
    async add(events) {
      await bulk.add(events);
      return true;
    },
    close: () => bulk.close(),
  };
};

const kindOfUserEvent = (type: string): Kind => (type === 'UserRegistered' ? 'user' : 'profile');

/** Takes everything and does nothing. */
export const dryTarget: Sink = {
  users: async () => [],
  ends: async (roomIds) => roomIds.map(() => undefined),
  begin: async () => undefined,
  add: async () => false,
};
