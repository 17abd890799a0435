import { defineEntity } from '@mikro-orm/core';
import { readSchema } from '../schema.ts';
import { id, text, time } from './columns.ts';

const schema = defineEntity({
  name: 'User',
  tableName: 'users',
  schema: readSchema,
  properties: {
    id: id().primary(),
    username: text(),
    displayName: text(),
    avatarUrl: text().nullable(),
    createdAt: time(),
    updatedAt: time(),
    deletedAt: time().nullable(),
  },
});

/** A registered user's public profile; the e-mail is not here. A deleted account keeps its row, with placeholders for names. */
export class User extends schema.class {}
schema.setClass(User);
