import { defineEntity, p } from '@mikro-orm/core';
import { readSchema } from '../schema.ts';
import { id, text, time } from './columns.ts';

const roomSchema = defineEntity({
  name: 'Room',
  tableName: 'rooms',
  schema: readSchema,
  properties: {
    id: id().primary(),
    partition: p.integer(),
    name: text().nullable(),
    description: text().nullable(),
    type: text().$type<'PUBLIC' | 'PRIVATE'>(),
    avatarUrl: text().nullable(),
    createdById: id(),
    topics: p.json<string[]>(),
    messageCount: p.integer(),
    memberCount: p.integer(),
    lastMessageAt: time().nullable(),
    createdAt: time(),
    updatedAt: time(),
  },
});

/** An open room. `messageCount` counts deleted and SYSTEM messages too. */
export class Room extends roomSchema.class {}
roomSchema.setClass(Room);

const memberSchema = defineEntity({
  name: 'RoomMember',
  tableName: 'room_members',
  schema: readSchema,
  properties: {
    roomId: id().primary(),
    userId: id().primary(),
    id: id(),
    role: text().$type<'OWNER' | 'ADMIN' | 'MEMBER'>(),
    joinedAt: time(),
  },
});

/** Who is in a room, as what. */
export class RoomMember extends memberSchema.class {}
memberSchema.setClass(RoomMember);
