import { type ChatEvent, evolveRoom, initialRoom, isRoomEvent, type Room } from '@kuraxx/domain';
import { decodeRecord, type EventLog, memoryEventLog } from '@kuraxx/event-store';
import fc from 'fast-check';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { createAggregates } from '../aggregates.ts';
import type { Entry } from '../kv/store.ts';
import { kvSnapshots, type SnapshotStore } from './kv-snapshots.ts';
import { at, created, roomId, subject } from './room.fixture.ts';
import { eventsBeforeAsking } from './snapshots.ts';
import { stateText, storedRoom } from './states.ts';

/** So that histories of a few dozen events have snapshots. */
const every = 25;

/** Comes and goes, is made an admin, or the room is renamed. */
const change = (n: number): ChatEvent => {
  const userId = `u-${n % 40}`;
  const by = 'ann';
  if (n % 7 === 0) return { type: 'MemberRemoved', data: { roomId, userId, username: userId, by, at } };
  if (n % 11 === 0) return { type: 'RoleChanged', data: { roomId, userId, role: 'ADMIN', by, at } };
  if (n % 13 === 0)
    return { type: 'RoomUpdated', data: { roomId, name: `n${n}`, description: null, avatarUrl: null, by, at } };
  return { type: 'MemberAdded', data: { roomId, userId, membershipId: `ms-${n}`, role: 'MEMBER', by, at } };
};

type Stored = Entry<Parameters<SnapshotStore['put']>[1]>['value'];

const memoryStore = () => {
  const values = new Map<string, Stored>();
  const store: SnapshotStore = {
    get: async (key) => {
      const value = values.get(key);
      return value === undefined ? undefined : { value, revision: 1 };
    },
    put: async (key, value) => void values.set(key, value),
  };
  return { values, store };
};

/** A process that has just started; how many events it has read. */
const processOn = (log: EventLog, store: SnapshotStore, { epoch = 'memory', foldVersion = 1 } = {}) => {
  let reads = 0;
  const counting: EventLog = {
    ...log,
    readSubject: async function* (...args) {
      for await (const record of log.readSubject(...args)) {
        reads++;
        yield record;
      }
    },
  };
  const snapshots = kvSnapshots<Room>(store, {
    kind: 'room',
    every,
    foldVersion,
    epochOf: () => epoch,
    encode: stateText,
    schema: storedRoom,
    logger: pino({ level: 'silent' }),
  });
  const rooms = createAggregates<Room>(counting, {
    subjectOf: () => subject,
    initial: initialRoom,
    evolve: (room, event, sequence) => (isRoomEvent(event) ? evolveRoom(room, event, sequence) : room),
    maxWeight: 10,
    snapshots,
  });
  return { rooms, snapshots, reads: () => reads };
};

const foldOf = async (log: EventLog): Promise<Room> => {
  let room = initialRoom();
  for await (const record of log.readSubject(subject)) {
    const event = decodeRecord(record);
    if (isRoomEvent(event)) room = evolveRoom(room, event, record.position.sequence);
  }
  return room;
};
/** With the order of members. */
const plain = (room: Room): unknown => JSON.parse(stateText(room));

const roomOf = async (events: number): Promise<EventLog> => {
  const log = memoryEventLog({ roomPartitions: 1 });
  await log.append(subject, created);
  for (let n = 1; n < events; n++) await log.append(subject, change(n));
  return log;
};

test('whenever snapshots were made, a room is what all its events make it', async () => {
  const stretch = fc.integer({ min: 1, max: 3 * every });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(stretch, fc.boolean()), { minLength: 1, maxLength: 4 }), async (stretches) => {
      const log = memoryEventLog({ roomPartitions: 1 });
      const { store } = memoryStore();
      await log.append(subject, created);
      let n = 0;
      for (const [count, byCommand] of stretches) {
        const { rooms, snapshots } = processOn(log, store);
        for (let done = 0; done < count; done++) {
          const next = change(++n);
          if (byCommand) await rooms.execute(roomId, () => next);
          else await log.append(subject, next);
        }
        const expected = await foldOf(log);
        expect(plain((await rooms.loadFresh(roomId)).state)).toEqual(plain(expected));
        await snapshots.idle();
        expect((await processOn(log, store).rooms.load(roomId)).state).toEqual(expected);
        expect(plain((await processOn(log, store).rooms.load(roomId)).state)).toEqual(plain(expected));
      }
    }),
    { numRuns: 50 },
  );
});

test('after the first time only what came since is read, however long the room is', async () => {
  const log = await roomOf(300);
  const { store } = memoryStore();
  const first = processOn(log, store);
  await first.rooms.load(roomId);
  expect(first.reads()).toBe(300);
  await first.snapshots.idle();
  for (let n = 0; n < 10; n++) await log.append(subject, change(n));
  const second = processOn(log, store);
  await second.rooms.load(roomId);
  expect(second.reads()).toBe(eventsBeforeAsking + 1 + 10); // to find out that it is long; the snapshot's own; since
});

test('short histories ask for no snapshot and leave none', async () => {
  const log = await roomOf(eventsBeforeAsking - 1);
  const { store, values } = memoryStore();
  let asked = 0;
  const { rooms, snapshots } = processOn(log, { ...store, get: async (key) => (asked++, store.get(key)) });
  await rooms.load(roomId);
  await snapshots.idle();
  expect({ asked, stored: values.size }).toEqual({ asked: 0, stored: 0 });
});

test.each([
  ['of another log', { epoch: 'another' }],
  ['of another fold', { foldVersion: 2 }],
])('a snapshot %s is as if it were not there', async (_what, other) => {
  const log = await roomOf(100);
  const { store } = memoryStore();
  const first = processOn(log, store);
  await first.rooms.load(roomId);
  await first.snapshots.idle();
  const second = processOn(log, store, other);
  expect((await second.rooms.load(roomId)).state).toEqual(await foldOf(log));
  expect(second.reads()).toBe(100);
});

test.each([
  ['whose event the log does not have there (an older copy was put back)', { eventId: 'another' }],
  ['ahead of the log', { sequence: 5000 }],
  ['that is no state', { state: '{"status":"open"}' }],
  ['that is no JSON', { state: '{' }],
])('a snapshot %s is as if it were not there', async (_what, spoilt) => {
  const log = await roomOf(100);
  const { store, values } = memoryStore();
  const first = processOn(log, store);
  await first.rooms.load(roomId);
  await first.snapshots.idle();
  for (const [key, value] of values) values.set(key, { ...value, ...spoilt });
  expect((await processOn(log, store).rooms.load(roomId)).state).toEqual(await foldOf(log));
});

test('a store that fails or hangs costs time, no answer', async () => {
  const log = await roomOf(100);
  const broken: SnapshotStore = {
    get: () => Promise.reject(new Error('away')),
    put: () => Promise.reject(new Error('away')),
  };
  const hanging: SnapshotStore = { get: () => new Promise(() => undefined), put: () => new Promise(() => undefined) };
  for (const store of [broken, hanging]) {
    expect((await processOn(log, store).rooms.load(roomId)).state).toEqual(await foldOf(log));
  }
});
