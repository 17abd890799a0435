export { CheckpointBehind, EpochMismatch, HandlerFailed, ReadModelUnavailable, TooManyParked } from './errors.ts';
export { createReadModel, migrateReadModel } from './migrate.ts';
export type { ModelState } from './models.ts';
export type { PresenceChange } from './presence.ts';
export { aggregateNamed } from './projection/aggregate.ts';
export type { Applied } from './projection/apply.ts';
export { type FollowOptions, followPartition } from './projection/follow-partition.ts';
export type { PartitionLock } from './projection/locks.ts';
export type { Parked, Parking } from './projection/parked.ts';
export type { Retried } from './projection/retry.ts';
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
