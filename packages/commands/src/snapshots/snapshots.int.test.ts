import { type ChatEvent, evolveRoom, initialRoom, isRoomEvent, type Room } from '@kuraxx/domain';
import { type EventLog, openBulkAppend, openEventLog, type PastEvent } from '@kuraxx/event-store';
import { eventually, type FreshServer, freshNats } from '@kuraxx/testing';
import { connect, type NatsConnection } from 'nats';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAggregates } from '../aggregates.ts';
import { openSnapshotStore, roomSnapshots } from './open.ts';
import { at, created, roomId, subject } from './room.fixture.ts';
import { eventsBeforeAsking } from './snapshots.ts';

const logger = pino({ level: 'silent' });
const count = 3000;

let server: FreshServer;
let nats: NatsConnection;
let log: Awaited<ReturnType<typeof openEventLog>>;
beforeAll(async () => {
  server = await freshNats();
  nats = await connect({ servers: server.url });
  log = await openEventLog({ nats, roomPartitions: 1, source: 'kuraxx/test' });
});
afterAll(async () => {
  await log.close();
  await nats.close();
  await server.remove();
});

const comesOrGoes = (n: number): ChatEvent => {
  const userId = `u-${n >> 1}`;
  return n % 2 === 0
    ? { type: 'MemberAdded', data: { roomId, userId, membershipId: `ms-${n}`, role: 'MEMBER', by: 'ann', at } }
    : { type: 'MemberRemoved', data: { roomId, userId, username: userId, by: 'ann', at } };
};
const past = (event: ChatEvent, n: number): PastEvent => ({ subject, event, eventId: `e-${n}`, time: at });

const startProcess = async () => {
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
  const store = await openSnapshotStore(nats, 1);
  const rooms = createAggregates<Room>(counting, {
    subjectOf: () => subject,
    initial: initialRoom,
    evolve: (room, event, sequence) => (isRoomEvent(event) ? evolveRoom(room, event, sequence) : room),
    maxWeight: 10_000,
    snapshots: roomSnapshots(store, log, logger),
  });
  return { rooms, store, reads: () => reads };
};

test('a room with a long past loads from its snapshot and what came since, in every process that starts later', async () => {
  const bulk = await openBulkAppend(nats, log, { source: 'kuraxx/test' });
  await bulk.add([past(created, 0), ...Array.from({ length: count - 1 }, (_, n) => past(comesOrGoes(n), n + 1))]);
  const first = await startProcess();
  const whole = await first.rooms.load(roomId);
  expect(first.reads()).toBe(count);
  await eventually(async () => expect(await first.store.get(`room.1.${roomId}`)).toBeDefined());

  await bulk.add([past(comesOrGoes(count), count)]);
  bulk.close();
  const second = await startProcess();
  const { state, sequence } = await second.rooms.load(roomId);
  expect(second.reads()).toBe(eventsBeforeAsking + 2);
  expect(sequence).toBe(whole.sequence + 1);
  const full = await (await startProcess()).rooms.loadFresh(roomId);
  expect(state).toEqual(full.state);
  await second.rooms.execute(roomId, () => comesOrGoes(count + 1)); // and commands go on from it
});
