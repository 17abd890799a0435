export { CheckpointBehind, EpochMismatch, ReadModelUnavailable } from './errors.ts';
export { createReadModel, migrateReadModel } from './migrate.ts';
export type { PresenceChange } from './presence.ts';
export type { PartitionLock } from './projection/locks.ts';
export type { HistoryPage, HistoryQuery } from './queries/messages.ts';
export type { Page } from './queries/shapes.ts';
export {
  openReadModel,
  type Projection,
  type Queries,
  type ReadModel,
  type ReadModelOptions,
} from './read-model.ts';
export { firstSchema } from './schema.ts';
