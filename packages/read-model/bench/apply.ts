/** How fast events become rows, and history pages: `node --conditions=source bench/apply.ts <database url of an empty database>`. */
import { cpus } from 'node:os';
import { firstSchema, migrateReadModel, openReadModel } from '@kuraxx/read-model';
import { at, created, epoch, registered, sent, snapshot, stored } from '../src/events.fixture.ts';

const [databaseUrl] = process.argv.slice(2);
if (databaseUrl === undefined) throw new Error('give the URL of an empty database');
const total = 100_000;
const batch = 500;
const rooms = Array.from({ length: 50 }, (_, index) => `room-${index}`);

const percentile = (values: number[], share: number): string =>
  (values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? 0).toFixed(2);

await migrateReadModel(databaseUrl);
const model = await openReadModel({ databaseUrl });
await model.projectionInto(firstSchema).apply('accounts', epoch, [stored(registered('ann'), 1, 'accounts')], 1);
const opening = rooms.map((room, index) => stored(created(room, 'ann'), index + 1));
await model.projectionInto(firstSchema).apply(0, epoch, opening, rooms.length);

const began = performance.now();
const cpu = process.cpuUsage();
const batches: number[] = [];
for (let from = 0; from < total; from += batch) {
  const events = Array.from({ length: batch }, (_, offset) => {
    const n = from + offset;
    const message = snapshot(`message-${n}`, rooms[n % rooms.length] ?? '', 'ann', n);
    return stored(sent(message), rooms.length + n + 1);
  });
  const start = performance.now();
  await model.projectionInto(firstSchema).apply(0, epoch, events, rooms.length + from + batch);
  batches.push(performance.now() - start);
}
const seconds = (performance.now() - began) / 1000;
const { user, system } = process.cpuUsage(cpu);

const pages: number[] = [];
const dated: number[] = [];
for (let n = 0; n < 500; n++) {
  const roomId = rooms[n % rooms.length] ?? '';
  let start = performance.now();
  await model.queries.history(roomId, { limit: 50, cursor: `message-${(n + 50 * n * 4) % total}` });
  pages.push(performance.now() - start);
  start = performance.now();
  await model.queries.history(roomId, { limit: 50, before: at((n * 197) % total) });
  dated.push(performance.now() - start);
}
await model.close();

process.stdout.write(
  `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}\n` +
    `${Math.round(total / seconds)} messages/s, ${((user + system) / total).toFixed(0)} µs of our CPU each; ` +
    `batch of ${batch}: p50 ${percentile(batches, 0.5)} ms, p99 ${percentile(batches, 0.99)} ms\n` +
    `history, 50 by cursor: p50 ${percentile(pages, 0.5)} ms, p99 ${percentile(pages, 0.99)} ms; ` +
    `by date: p50 ${percentile(dated, 0.5)} ms, p99 ${percentile(dated, 0.99)} ms\n`,
);
