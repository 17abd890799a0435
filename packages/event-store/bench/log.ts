import { randomUUID } from 'node:crypto';
import { cpus } from 'node:os';
import { freshNats } from '@kuraxx/testing';
import { connect } from 'nats';
import { messageSent, roomDeleted, roomSubject } from '../src/event.fixture.ts';
import { openEventLog } from '../src/index.ts';

const print = (what: string, values: Record<string, number>): void => {
  const text = Object.entries(values).map(([name, value]) => `${name} ${value.toFixed(2)}`);
  process.stdout.write(`${what.padEnd(44)} ${text.join('  ')}\n`);
};
const quantiles = (millis: readonly number[]): Record<string, number> => {
  const sorted = millis.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? 0;
  return { 'p50 ms': at(0.5), 'p99 ms': at(0.99) };
};
const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
};
const each = async (count: number, work: (index: number) => Promise<unknown>): Promise<number[]> => {
  const times: number[] = [];
  for (let index = 0; index < count; index++) times.push(await timed(() => work(index)));
  return times;
};
const drain = async (records: AsyncIterable<unknown>): Promise<void> => {
  for await (const _ of records);
};

const server = await freshNats();
const nats = await connect({ servers: server.url });
const log = await openEventLog({ nats, source: 'kuraxx/bench', roomPartitions: 1 });
const roomId = randomUUID();
const meta = roomSubject(roomId, 'meta');
const message = roomSubject(roomId, 'msg');
process.stdout.write(`${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}, NATS ${nats.info?.version}\n`);

print('append, one after the other', quantiles(await each(2000, () => log.append(message, messageSent(roomId, 'x')))));
const stored = 100_000;
const inFlight = 500;
const batch = () => Promise.all(Array.from({ length: inFlight }, () => log.append(meta, roomDeleted(roomId))));
const appending = await timed(() => each(stored / inFlight, batch));
print('append, 500 in flight', { 'thousand/s': stored / appending });
print('fold a subject of 100,000', { ms: await timed(() => drain(log.readSubject(meta))) });
print('last sequence of a subject', quantiles(await each(1000, () => log.lastSequence(meta))));
const tail = (await log.head(0)) - 20;
print(
  'last 20 of a room',
  quantiles(await each(200, () => drain(log.readRoom(roomId, { after: tail, upTo: tail + 20 })))),
);
let seen = 0;
const total = await log.head(0);
const consuming = await timed(async () => {
  const done = Promise.withResolvers<void>();
  const consumption = await log.consume(0, { after: 0 }, async (records) => {
    seen += records.length;
    if (seen === total) done.resolve();
  });
  await Promise.race([done.promise, consumption.failed]);
  await consumption.stop();
});
print('consume a partition', { 'thousand/s': total / consuming });
const rooms = Array.from({ length: 1000 }, () => randomUUID());
const following = await timed(() => Promise.all(rooms.map((id) => log.followRoom(id, () => undefined))));
print('follow 1,000 rooms', { ms: following });
await log.close();
await nats.close();
await server.remove();
