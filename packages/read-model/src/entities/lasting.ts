import { defineEntity, p } from '@mikro-orm/core';
import { lastingSchema } from '../schema.ts';
import { id, text, time } from './columns.ts';

const readModelSchema = defineEntity({
  name: 'ReadModelRow',
  tableName: 'read_models',
  schema: lastingSchema,
  properties: {
    schema: id().primary(),
    state: text().$type<'building' | 'following' | 'comparing'>(),
    createdAt: time(),
  },
});

/** A read model: `following` ones are kept up to date by the projectors, the others by whoever works on them. */
export class ReadModelRow extends readModelSchema.class {}
readModelSchema.setClass(ReadModelRow);

const servingSchema = defineEntity({
  name: 'ServingRow',
  tableName: 'serving',
  schema: lastingSchema,
  properties: {
    onlyOne: p.boolean().primary(),
    schema: id(),
    previous: id().nullable(),
    generation: p.bigint('number'),
  },
});

/** Which read model answers queries. The generation is the time of the switch in milliseconds, so it rises with each. */
export class ServingRow extends servingSchema.class {}
servingSchema.setClass(ServingRow);
