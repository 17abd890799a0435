import { type Commands, createCommands } from '@kuraxx/commands';
import { createCheckpointWatch, type EventLog, openEventLog } from '@kuraxx/event-store';
import { firstSchema, followPartition, migrateReadModel, openReadModel, type Queries } from '@kuraxx/read-model';
import { freshDatabase, freshNats } from '@kuraxx/testing';
import { connect } from 'nats';
import { pino } from 'pino';

export type NewSystem = {
  readonly env: { readonly NATS_URL: string; readonly DATABASE_URL: string };
  readonly log: EventLog;
  readonly commands: Commands;
  readonly queries: Queries;
  /** From now on the read model follows the log. */
  project(): void;
  close(): Promise<void>;
};

/** A system of a test's own: NATS, Postgres, commands, and what the projector does. */
export const openNewSystem = async (): Promise<NewSystem> => {
  const [server, database] = await Promise.all([freshNats(), freshDatabase()]);
  const nats = await connect({ servers: server.url });
  const log = await openEventLog({ nats, roomPartitions: 2, source: 'kuraxx/test' });
  await migrateReadModel(database.url);
  const model = await openReadModel({ databaseUrl: database.url });
  const checkpoints = createCheckpointWatch(nats);
  const commands: Commands = await createCommands({
    nats,
    log,
    checkpoints,
    findMessages: (ids) => model.queries.findMessages(ids),
    findRoomsOf: (ids) => model.queries.roomsOf(ids),
    config: { jwtSecret: 's'.repeat(32), accessExpiryMs: 900_000, refreshExpiryMs: 900_000, bcryptRounds: 4 },
    logger: pino({ level: 'silent' }),
  });
  const stopping = new AbortController();
  const following: Promise<void>[] = [];
  return {
    env: { NATS_URL: server.url, DATABASE_URL: database.url },
    log,
    commands,
    queries: model.queries,
    project: (): void => {
      const projection = model.projectionInto(firstSchema);
      const lock = { lost: new AbortController().signal };
      following.push(
        ...log.partitions.map((partition) =>
          followPartition(partition, { log, projection, lock, signal: stopping.signal }),
        ),
      );
    },
    close: async () => {
      stopping.abort();
      await Promise.all(following);
      checkpoints.close();
      await commands.close();
      await model.close();
      await log.close();
      await nats.close();
      await database.drop();
      await server.remove();
    },
  };
};
