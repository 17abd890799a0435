import { defineEntity, p } from '@mikro-orm/core';
import { readSchema } from '../schema.ts';
import { id, text } from './columns.ts';

const checkpointSchema = defineEntity({
  name: 'Checkpoint',
  tableName: 'checkpoints',
  schema: readSchema,
  properties: { partition: id().primary(), epoch: text(), sequence: p.bigint('number') },
});

/** Up to where the rows reflect a partition of the log; moves in the same transaction as the rows. */
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
