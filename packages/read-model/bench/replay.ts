/**
 * Replay of the log into an empty read model, beside what the same Postgres takes of the same rows by bare `unnest` inserts, in the same
 * process and run; memory on the way; and the lag of the projection at half of that rate. `npm run bench` measures 10^5 events,
 * `node --conditions=source bench/replay.ts 2000000` as many as it says. `bench/apply.ts` measures history pages.
 */
import { randomUUID } from 'node:crypto';
import { cpus } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { openEventLog, type Partition } from '@kuraxx/event-store';
import {
  createReadModel,
  firstSchema,
  followPartition,
  migrateReadModel,
  openMaintenance,
  openReadModel,
} from '@kuraxx/read-model';
import { freshNats, freshPostgres } from '@kuraxx/testing';
import { sql } from 'kysely';
import { connect } from 'nats';
import { openConnections } from '../src/database.ts';
import { created, sent, snapshot, subjectOf } from '../src/events.fixture.ts';
import { tables } from '../src/schema.ts';

const total = Number(process.argv[2] ?? 100_000);
const partitions = 4;
const batch = 2000;
const rooms = Array.from({ length: 200 }, () => randomUUID());
const print = (text: string) => void process.stdout.write(`${text}\n`);
const rate = (count: number, ms: number) => Math.round((count / ms) * 1000);
const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? 0;
const message = (n: number) => snapshot(`message-${n}`, rooms[n % rooms.length] ?? '', 'ann', n);

print(`${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}`);
const [nats, postgres] = await Promise.all([freshNats(), freshPostgres()]);
const connection = await connect({ servers: nats.url });
const log = await openEventLog({ nats: connection, source: 'kuraxx/bench', roomPartitions: partitions });
await migrateReadModel(postgres.url);
for (const room of rooms) await log.append(subjectOf(created(room, 'ann')), created(room, 'ann'));
for (let from = 0; from < total; from += 500) {
  const appends = Array.from({ length: Math.min(500, total - from) }, (_, offset) => {
    const event = sent(message(from + offset));
    return log.append(subjectOf(event), event, { timeoutMs: 30_000 });
  });
  await Promise.all(appends);
}
print(`${total.toLocaleString('en')} messages in ${rooms.length} rooms and ${partitions} partitions`);

/** The same rows, as fast as they go: nothing is looked up, counted or decoded. */
const bare = async (): Promise<number> => {
  await createReadModel(postgres.url, 'read_9');
  const connections = await openConnections(postgres.url, { poolSize: partitions, statementTimeoutMs: 60_000 });
  const database = connections.in('read_9');
  let next = 0;
  const writer = async (): Promise<void> => {
    for (;;) {
      const from = next;
      next += batch;
      if (from >= total) return;
      const rows = Array.from({ length: Math.min(batch, total - from) }, (_, offset) => ({
        ...message(from + offset),
        sequence: from + offset,
      }));
      await database.transaction('write', (db) =>
        sql`insert into ${tables.messages} (id, room_id, sequence, content, type, status, sender_id, reply_to_id, attachments,
            edited_at, deleted_at, created_at, updated_at)
          select * from unnest(
            ${rows.map((r) => r.id)}::text[], ${rows.map((r) => r.roomId)}::text[], ${rows.map((r) => r.sequence)}::bigint[],
            ${rows.map((r) => r.content)}::text[], ${rows.map((r) => r.type)}::text[], ${rows.map((r) => r.status)}::text[],
            ${rows.map((r) => r.senderId)}::text[], ${rows.map((r) => r.replyToId)}::text[],
            ${rows.map((r) => JSON.stringify(r.attachments))}::jsonb[], ${rows.map((r) => r.editedAt)}::timestamptz[],
            ${rows.map((r) => r.deletedAt)}::timestamptz[], ${rows.map((r) => r.createdAt)}::timestamptz[],
            ${rows.map((r) => r.updatedAt)}::timestamptz[])`.execute(db),
      );
    }
  };
  const begun = performance.now();
  await Promise.all(Array.from({ length: partitions }, writer));
  const ms = performance.now() - begun;
  await connections
    .in(firstSchema)
    .run('drop', (db) =>
      sql`drop schema read_9 cascade; delete from kuraxx.read_models where schema = 'read_9'`.execute(db),
    );
  await connections.close();
  return rate(total, ms);
};

const replayed = async (): Promise<number> => {
  const maintenance = await openMaintenance(postgres.url, log);
  const memory: string[] = [];
  let done = 0;
  let nextMark = 100_000;
  let begun = 0;
  let ended = 0;
  await maintenance.rebuild({
    compare: false,
    switchOver: false,
    signal: new AbortController().signal,
    onPhase: (phase) => {
      if (phase === 'replaying') begun = performance.now();
      if (phase === 'handing over') ended = performance.now();
    },
    onProgress: ({ events }) => {
      done += events;
      if (done < nextMark) return;
      memory.push(`${Math.round(process.memoryUsage.rss() / 2 ** 20)} MiB at ${done.toLocaleString('en')}`);
      nextMark *= 2;
    },
  });
  print(`memory of the process: ${memory.join(', ')}`);
  await maintenance.close();
  return rate(total, ended - begun);
};

/** From the acknowledgement of an event until it is in the rows, at a steady rate. */
const lagAt = async (perSecond: number, seconds: number): Promise<number[]> => {
  const model = await openReadModel({ databaseUrl: postgres.url });
  const projection = model.projectionInto('read_2');
  const stop = new AbortController();
  const waiting = new Map<Partition, { sequence: number; at: number }[]>(log.partitions.map((one) => [one, []]));
  const lags: number[] = [];
  const following = Promise.all(
    log.partitions.map((partition) =>
      followPartition(partition, {
        log,
        projection,
        lock: { lost: stop.signal },
        signal: stop.signal,
        onApplied: ({ sequence }) => {
          const list = waiting.get(partition) ?? [];
          const now = performance.now();
          while (list[0] !== undefined && list[0].sequence <= sequence) lags.push(now - (list.shift()?.at ?? now));
        },
      }),
    ),
  );
  const begun = performance.now();
  for (let sent_ = 0; performance.now() - begun < seconds * 1000; ) {
    const due = Math.floor(((performance.now() - begun) / 1000) * perSecond);
    for (; sent_ < due; sent_++) {
      const event = sent(message(total + sent_));
      log.append(subjectOf(event), event).then(
        ({ position }) => waiting.get(position.partition)?.push({ sequence: position.sequence, at: performance.now() }),
        (error: unknown) => print(`an append failed: ${String(error)}`),
      );
    }
    await delay(1);
  }
  await delay(500); // what is on its way
  stop.abort();
  await following;
  await model.close();
  return lags;
};

const first = await bare();
const replay = await replayed();
const second = await bare();
const best = Math.max(first, second);
print(
  `bare unnest inserts of the same rows: ${first.toLocaleString('en')}/s before, ${second.toLocaleString('en')}/s after`,
);
print(`replay: ${replay.toLocaleString('en')} events/s, ${(replay / best).toFixed(2)} × the better of these`);
const half = Math.floor(replay / 2);
const lags = await lagAt(half, 8);
print(
  `projection at ${half.toLocaleString('en')} events/s: lag p50 ${quantile(lags, 0.5).toFixed(1)} ms, p99 ${quantile(lags, 0.99).toFixed(1)} ms (${lags.length} events)`,
);
await log.close();
await connection.close();
await Promise.all([nats.remove(), postgres.remove()]);
