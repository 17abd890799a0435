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
  },
});

/** A registered user's public profile; the e-mail is not here. */
export class User extends schema.class {}
schema.setClass(User);
