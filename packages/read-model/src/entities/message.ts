import type { MessageSnapshot } from '@kuraxx/domain';
import { defineEntity, p } from '@mikro-orm/core';
import { readSchema } from '../schema.ts';
import { id, text, time } from './columns.ts';

const schema = defineEntity({
  name: 'Message',
  tableName: 'messages',
  schema: readSchema,
  properties: {
    id: id().primary(),
    roomId: id(),
    sequence: p.bigint('number'),
    content: text(),
    type: text().$type<MessageSnapshot['type']>(),
    status: text().$type<MessageSnapshot['status']>(),
    senderId: id(),
    replyToId: id().nullable(),
    attachments: p.json<MessageSnapshot['attachments']>(),
    editedAt: time().nullable(),
    deletedAt: time().nullable(),
    createdAt: time(),
    updatedAt: time(),
  },
});

/** A message with the position of its sending. Its sender's profile is in users alone, so that it can be taken away. */
export class Message extends schema.class {}
schema.setClass(Message);
