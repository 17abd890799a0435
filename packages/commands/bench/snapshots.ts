import { type ChatEvent, evolveRoom, initialRoom, isRoomEvent, type Room } from '@kuraxx/domain';
import { openBulkAppend, openEventLog, type PastEvent, type Subject } from '@kuraxx/event-store';
import { freshNats } from '@kuraxx/testing';
import { connect } from 'nats';
import { pino } from 'pino';
import { createAggregates } from '../src/aggregates.ts';
import { openSnapshotStore, roomSnapshots } from '../src/snapshots/open.ts';

// How long a room with a long past takes to load: the first time, and from then on in every process that starts.

const at = '2031-02-03T04:05:06.789Z';
const roomId = '11111111-1111-4111-8111-111111111111';
const subject: Subject = { kind: 'room', roomId, aspect: 'meta' };
const counts = [10_000, 100_000];
const loads = 20;
const members = 900;

const server = await freshNats();
const nats = await connect({ servers: server.url });
const log = await openEventLog({ nats, roomPartitions: 1, source: 'kuraxx/bench' });
const store = await openSnapshotStore(nats, 1);
const bulk = await openBulkAppend(nats, log, { source: 'kuraxx/bench' });

const eventAt = (n: number): ChatEvent => {
  if (n === 0) {
    const settings = { name: 'Crew', description: null, type: 'PUBLIC' as const, topics: [], hasPasscode: false };
    const owner = { membershipId: 'ms-ann', userId: 'ann', role: 'OWNER' as const };
    return { type: 'RoomCreated', data: { roomId, ...settings, createdById: 'ann', members: [owner], at } };
  }
  const userId = `u-${n % members}`;
  return Math.floor(n / members) % 2 === 0
    ? { type: 'MemberAdded', data: { roomId, userId, membershipId: `ms-${n}`, role: 'MEMBER', by: 'ann', at } }
    : { type: 'MemberRemoved', data: { roomId, userId, username: userId, by: 'ann', at } };
};
const loadIn = async (): Promise<{ readonly ms: number; readonly snapshots: ReturnType<typeof roomSnapshots> }> => {
  const snapshots = roomSnapshots(store, log, pino({ level: 'silent' }));
  const rooms = createAggregates<Room>(log, {
    subjectOf: () => subject,
    initial: initialRoom,
    evolve: (room, event, sequence) => (isRoomEvent(event) ? evolveRoom(room, event, sequence) : room),
    maxWeight: 10_000,
    snapshots,
  });
  const begun = performance.now();
  await rooms.load(roomId);
  return { ms: performance.now() - begun, snapshots };
};

let written = 0;
for (const count of counts) {
  for (; written < count; ) {
    const batch: PastEvent[] = [];
    for (; batch.length < 1000 && written < count; written++) {
      batch.push({ subject, event: eventAt(written), eventId: `e-${written}`, time: at });
    }
    await bulk.add(batch);
  }
  const first = await loadIn();
  await first.snapshots.idle();
  const later: number[] = [];
  for (let load = 0; load < loads; load++) later.push((await loadIn()).ms);
  const sorted = later.toSorted((a, b) => a - b);
  const [p50, worst] = [sorted[Math.floor(loads / 2)] ?? 0, sorted.at(-1) ?? 0];
  process.stdout.write(
    `${count} membership events: first load ${first.ms.toFixed(0)} ms, then p50 ${p50.toFixed(1)} ms, worst ${worst.toFixed(1)} ms of ${loads}\n`,
  );
}
bulk.close();
await log.close();
await nats.close();
await server.remove();
