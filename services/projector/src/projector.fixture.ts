import { type Announcement, announceCheckpoint, type Partition } from '@kuraxx/event-store';
import { migrateReadModel, openReadModel } from '@kuraxx/read-model';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { createLags, type Lags, measureBatches, showProjections } from './metrics.ts';
import { createProjector, type Projector } from './projector.ts';
import type { World } from './world.fixture.ts';

export type Running = {
  readonly projector: Projector;
  /** What was announced last. */
  readonly heard: ReadonlyMap<Partition, Announcement>;
  /** Lines of its log. */
  readonly logged: readonly string[];
  readonly registry: Registry;
  readonly lags: Lags;
  stop(): Promise<void>;
};

/** A projector in this process with a read model of its own, as another process would have. */
export const startProjector = async (world: World, databaseUrl: string): Promise<Running> => {
  const model = await openReadModel({ databaseUrl });
  const heard = new Map<Partition, Announcement>();
  const logged: string[] = [];
  const logger = pino({ level: 'info' }, { write: (line: string) => void logged.push(line) });
  const registry = new Registry();
  const projector = createProjector(
    {
      log: world.log,
      readModel: model,
      migrate: () => migrateReadModel(databaseUrl),
      announce: (partition, announcement) => {
        heard.set(partition, announcement);
        announceCheckpoint(world.connection, partition, announcement);
      },
      observe: measureBatches(registry),
      logger,
    },
    (error) => {
      throw error;
    },
  );
  const statuses = () => projector.statuses();
  const lags = createLags(world.log, statuses);
  showProjections(registry, { lags, statuses, serving: () => model.serving() });
  return {
    registry,
    lags,
    projector,
    heard,
    logged,
    stop: async () => {
      await projector.stop();
      await model.close();
    },
  };
};
