import { initContract } from '@ts-rest/core';
import { z } from 'zod';
import { clientMessageType, id, message, newAttachments } from '../objects.ts';
import { maxMessageLength, tempId, text } from '../text.ts';
import { commonErrors, confirmation, emptyBody, historyLimit, ok } from './envelope.ts';

const messagePath = z.object({ id });
const content = text({ max: maxMessageLength });

const firstMs = Date.parse('0001-01-01T00:00:00Z');
const lastMs = Date.parse('9999-12-31T23:59:59.999Z');

/** A point in time in any form that `Date.parse` takes, in the years 1 to 9999, which every database can hold. */
const moment = z
  .string()
  .max(64)
  .refine((value) => Date.parse(value) >= firstMs && Date.parse(value) <= lastMs, 'not a date');

export const messagesContract = initContract().router(
  {
    send: {
      method: 'POST',
      path: '/messages/send',
      summary: 'Send a message; the same tempId again is the same message',
      body: z.object({
        roomId: id,
        content,
        type: clientMessageType.default('TEXT'),
        replyToId: id.nullish(),
        tempId: tempId.optional(),
        attachments: newAttachments.optional(),
      }),
      responses: { 201: ok(z.object({ message })) },
    },
    history: {
      method: 'GET',
      path: '/messages/history',
      summary: 'Messages of a room, the newest first, without deleted ones',
      query: z.object({ roomId: id, limit: historyLimit, cursor: id.optional(), before: moment.optional() }),
      responses: {
        200: ok(z.object({ messages: z.array(message), hasMore: z.boolean(), nextCursor: id.nullable() })),
      },
    },
    get: {
      method: 'GET',
      path: '/messages/:id',
      pathParams: messagePath,
      summary: 'One message',
      responses: { 200: ok(z.object({ message })) },
    },
    edit: {
      method: 'PATCH',
      path: '/messages/:id',
      pathParams: messagePath,
      summary: 'Change the text of an own message',
      body: z.object({ content }),
      responses: { 200: ok(z.object({ message })) },
    },
    remove: {
      method: 'DELETE',
      path: '/messages/:id',
      pathParams: messagePath,
      summary: 'Delete a message (its sender, or the owner and admins of the room)',
      body: emptyBody,
      responses: { 200: confirmation },
    },
  },
  { commonResponses: commonErrors, strictStatusCodes: true },
);
