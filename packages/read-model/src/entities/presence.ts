import { defineEntity, p } from '@mikro-orm/core';
import { lastingSchema } from '../schema.ts';
import { id, time } from './columns.ts';

const schema = defineEntity({
  name: 'Presence',
  tableName: 'presence',
  schema: lastingSchema,
  properties: { userId: id().primary(), isOnline: p.boolean(), lastSeenAt: time().nullable(), at: time() },
});

/** Whether a user is online, and when they were last; not in the log, so not rebuildable. `at`: when this was learnt. */
export class Presence extends schema.class {}
schema.setClass(Presence);
