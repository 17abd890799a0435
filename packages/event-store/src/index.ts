export { isKvConflict, openBucket } from './buckets.ts';
export { type Announcement, announceCheckpoint, createCheckpointWatch } from './checkpoints.ts';
export { decodeRecord, UnknownVersion } from './codec.ts';
export { PositionConflict, Unavailable } from './errors.ts';
export { memoryEventLog } from './memory-event-log.ts';
export { type EventLogOptions, openEventLog } from './open-event-log.ts';
export type * from './ports.ts';
export { formatPosition, parsePosition, partitionOfRoom } from './position.ts';
