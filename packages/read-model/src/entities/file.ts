import { defineEntity, p } from '@mikro-orm/core';
import { readSchema } from '../schema.ts';
import { id, text, time } from './columns.ts';

const schema = defineEntity({
  name: 'File',
  tableName: 'files',
  schema: readSchema,
  properties: {
    id: id().primary(),
    userId: id(),
    status: text().$type<'expected' | 'stored' | 'deleted'>(),
    fileName: text(),
    mimeType: text(),
    fileSize: p.bigint('number'),
    purpose: text().$type<'avatar' | 'message' | 'room'>(),
    useKind: text().$type<'message' | 'user' | 'room'>().nullable(),
    roomId: id().nullable(),
    messageId: id().nullable(),
    createdAt: time(),
    changedAt: time(),
  },
});

/** An upload, until its bytes are gone from the store; for the sweep, nobody else reads it. */
export class File extends schema.class {}
schema.setClass(File);
