import { defineEntity, p } from '@mikro-orm/core';
import { readSchema } from '../schema.ts';
import { id, text, time } from './columns.ts';

const checkpointSchema = defineEntity({
  name: 'Checkpoint',
  tableName: 'checkpoints',
  schema: readSchema,
  properties: { partition: id().primary(), epoch: text(), sequence: p.bigint('number'), parked: p.integer() },
});

/** Up to where the rows reflect a partition of the log, save for so many parked aggregates; moves in the same transaction as the rows. */
export class Checkpoint extends checkpointSchema.class {}
checkpointSchema.setClass(Checkpoint);

const deletedRoomSchema = defineEntity({
  name: 'DeletedRoom',
  tableName: 'deleted_rooms',
  schema: readSchema,
  properties: { id: id().primary() },
});

/** A tombstone: nothing brings this room back. */
export class DeletedRoom extends deletedRoomSchema.class {}
deletedRoomSchema.setClass(DeletedRoom);

const parkedSchema = defineEntity({
  name: 'Parked',
  tableName: 'parked',
  schema: readSchema,
  properties: {
    partition: id().primary(),
    aggregate: id().primary(),
    fromSequence: p.bigint('number'),
    skipped: p.bigint('number'),
    cause: text().$type<'unreadable' | 'handler' | 'refused'>(),
    reason: text(),
    wireType: text(),
    eventId: text(),
    at: time(),
  },
});

/** A room, account or file whose rows stand still, because the event at `fromSequence` can't be projected. */
export class Parked extends parkedSchema.class {}
parkedSchema.setClass(Parked);
