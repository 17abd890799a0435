export { type Connections, openConnections, type SessionClient } from './database.ts';
export { CheckpointBehind, EpochMismatch, HandlerFailed, ReadModelUnavailable, TooManyParked } from './errors.ts';
export type { ComparedTable, Comparison } from './maintenance/compare.ts';
export type { RowKind } from './maintenance/count-there.ts';
export type { Fingerprint } from './maintenance/fingerprint.ts';
export { type Maintenance, openMaintenance } from './maintenance/open-maintenance.ts';
export type { RebuildOptions, RebuildPhase, Rebuilt } from './maintenance/rebuild.ts';
export { MaintenanceRefused } from './maintenance/refused.ts';
export type { ReplayProgress } from './maintenance/replay.ts';
export type { PartitionState, ProjectionsStatus, ReadModelStatus } from './maintenance/status.ts';
export { createReadModel, migrateReadModel } from './migrate.ts';
export type { ModelState } from './models.ts';
export type { PresenceChange } from './presence.ts';
export { aggregateNamed } from './projection/aggregate.ts';
export type { Applied } from './projection/apply.ts';
export { type FollowOptions, followPartition } from './projection/follow-partition.ts';
export type { PartitionLock } from './projection/locks.ts';
export type { Parked, Parking } from './projection/parked.ts';
export type { Projection } from './projection/projections.ts';
export type { Retried } from './projection/retry.ts';
export type { Sweepable, SweepPage, SweepReason } from './queries/files.ts';
export type { HistoryPage, HistoryQuery } from './queries/messages.ts';
export type { Page } from './queries/shapes.ts';
export {
  openReadModel,
  type Queries,
  type ReadModel,
  type ReadModelOptions,
} from './read-model.ts';
export { firstSchema } from './schema.ts';
