import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EventLog, openEventLog } from '@kuraxx/event-store';
import { type Maintenance, migrateReadModel, openMaintenance } from '@kuraxx/read-model';
import { type RunningServer, startNats, startPostgres } from '@kuraxx/servers';
import { connect, type NatsConnection } from 'nats';
import { familyCpuSeconds } from '../usage.ts';
import { type Entry, entryOf, openingEntries } from './history.ts';

/** A log and a database without any of our services: nothing else works there while something is measured. */
export type Stage = {
  readonly natsUrl: string;
  readonly databaseUrl: string;
  readonly nats: NatsConnection;
  readonly log: EventLog;
  readonly maintenance: Maintenance;
  /** CPU time of both servers so far, in seconds. */
  serverCpuSeconds(): Promise<{ readonly nats: number; readonly postgres: number }>;
  /** Number of the next event to come. */
  next(): number;
  /** Appends events, as many at once as the log takes, until there are so many; never fewer. */
  fillUpTo(events: number): Promise<void>;
  /** Appends the next one. */
  append(): ReturnType<EventLog['append']>;
  stop(): Promise<void>;
};

const atOnce = 500;
const timeoutMs = 30_000;

const pidOf = ({ pid }: RunningServer): number => {
  if (pid === undefined) throw new Error('a server has ended');
  return pid;
};

/** Starts a NATS and a Postgres that flush what they store, as in production. */
export const openStage = async (): Promise<Stage> => {
  const folder = await mkdtemp(join(tmpdir(), 'kuraxx-replay-'));
  const servers = await Promise.all([
    startNats({ dataDir: join(folder, 'nats') }),
    startPostgres({ dataDir: join(folder, 'postgres') }),
  ]);
  const [natsServer, postgres] = servers;
  const nats = await connect({ servers: natsServer.url });
  const log = await openEventLog({ nats, source: 'kuraxx/bench' });
  await migrateReadModel(postgres.url);
  const maintenance = await openMaintenance(postgres.url, log);
  const store = ({ subject, event }: Entry) => log.append(subject, event, { timeoutMs });
  const storeAll = async (entries: readonly Entry[]): Promise<void> => {
    for (let from = 0; from < entries.length; from += atOnce) {
      await Promise.all(entries.slice(from, from + atOnce).map(store));
    }
  };
  await storeAll(openingEntries());
  let next = 0;
  return {
    natsUrl: natsServer.url,
    databaseUrl: postgres.url,
    nats,
    log,
    maintenance,
    serverCpuSeconds: async () => ({
      nats: await familyCpuSeconds(pidOf(natsServer)),
      postgres: await familyCpuSeconds(pidOf(postgres)),
    }),
    next: () => next,
    async fillUpTo(events) {
      while (next < events) {
        const count = Math.min(atOnce, events - next);
        await storeAll(Array.from({ length: count }, (_, index) => entryOf(next + index)));
        next += count;
      }
    },
    append: () => store(entryOf(next++)),
    async stop() {
      await maintenance.close();
      await log.close();
      await nats.close();
      await Promise.all(servers.map((server) => server.stop()));
      await rm(folder, { recursive: true, force: true });
    },
  };
};
