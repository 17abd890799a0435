import type { MessageSnapshot, SenderProfile } from '@kuraxx/domain';
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
    sender: p.json<SenderProfile>(),
    replyToId: id().nullable(),
    attachments: p.json<MessageSnapshot['attachments']>(),
    editedAt: time().nullable(),
    deletedAt: time().nullable(),
    createdAt: time(),
    updatedAt: time(),
  },
});

/** A message with the position of its sending. `sender` is the profile as of then, for when the users row is not there. */
export class Message extends schema.class {}
schema.setClass(Message);
