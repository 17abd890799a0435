import { initContract } from '@ts-rest/core';
import { z } from 'zod';
import { detailedRoom, id, listedRoom, member, role, room, roomAt, roomLogEntry, roomType } from '../objects.ts';
import { positionText, text } from '../text.ts';
import { commonErrors, confirmation, emptyBody, historyLimit, httpUrl, ok, okPage, pageQuery } from './envelope.ts';

/** A room holds this many members at most. */
export const maxRoomMembers = 1000;

const passcode = text({ min: 4, max: 32 });
const roomPath = z.object({ id });
const memberPath = z.object({ id, userId: id });

export const roomsContract = initContract().router(
  {
    create: {
      method: 'POST',
      path: '/rooms/create',
      summary: 'Open a room; the caller owns it',
      body: z.object({
        name: text({ max: 100 }).optional(),
        description: text({ max: 500 }).optional(),
        type: roomType.default('PUBLIC'),
        memberIds: z
          .array(id)
          .max(maxRoomMembers - 1)
          .optional(),
        topics: z
          .array(text({ max: 100 }))
          .max(100)
          .optional(),
        passcode: passcode.optional(),
      }),
      responses: { 201: ok(z.object({ room })) },
    },
    list: {
      method: 'GET',
      path: '/rooms/list',
      summary: 'Rooms that the caller is in, the last updated first',
      query: pageQuery,
      responses: { 200: okPage(z.object({ rooms: z.array(listedRoom) })) },
    },
    discover: {
      method: 'GET',
      path: '/rooms/discover',
      summary: 'Public rooms that the caller is not in, the newest first, with up to five members each',
      query: pageQuery,
      responses: { 200: okPage(z.object({ rooms: z.array(listedRoom) })) },
    },
    get: {
      method: 'GET',
      path: '/rooms/:id',
      pathParams: roomPath,
      summary: 'A room with its members',
      responses: { 200: ok(z.object({ room: detailedRoom })) },
    },
    update: {
      method: 'PATCH',
      path: '/rooms/:id',
      pathParams: roomPath,
      summary: 'Change name, description or picture (owner and admins)',
      /** Null: none any more. */
      body: z.object({
        name: text({ max: 100 }).nullable().optional(),
        description: text({ max: 500 }).nullable().optional(),
        avatarUrl: httpUrl.nullable().optional(),
      }),
      responses: { 200: ok(z.object({ room })) },
    },
    remove: {
      method: 'DELETE',
      path: '/rooms/:id',
      pathParams: roomPath,
      summary: 'Delete a room with all that is in it (owner)',
      body: emptyBody,
      responses: { 200: confirmation },
    },
    members: {
      method: 'GET',
      path: '/rooms/:id/members',
      pathParams: roomPath,
      summary: 'The members of a room',
      query: pageQuery,
      responses: { 200: okPage(z.object({ members: z.array(member) })) },
    },
    log: {
      method: 'GET',
      path: '/rooms/:id/log',
      pathParams: roomPath,
      summary:
        'What happened in a room, in the order of the log: after a position, or the last events (owner and admins)',
      query: z.object({ after: positionText.optional(), limit: historyLimit }),
      responses: { 200: ok(z.object({ entries: z.array(roomLogEntry) })) },
    },
    at: {
      method: 'GET',
      path: '/rooms/:id/at',
      pathParams: roomPath,
      summary:
        'A room as it was at a position of its log or at a time: settings, members, roles and the last messages (owner and admins)',
      query: z
        .object({
          position: positionText.optional(),
          /** ISO 8601 with a time zone; everything up to the first later event counts. */
          time: z.iso.datetime({ offset: true }).optional(),
          before: positionText.optional(),
          limit: historyLimit,
        })
        .refine(({ position, time }) => (position === undefined) !== (time === undefined), 'give position or time'),
      responses: { 200: ok(roomAt) },
    },
    addMember: {
      method: 'POST',
      path: '/rooms/:id/members',
      pathParams: roomPath,
      summary: 'Add a user (owner; admins may add plain members)',
      body: z.object({ userId: id, role: z.enum(['ADMIN', 'MEMBER']).default('MEMBER') }),
      responses: { 201: ok(z.object({ member })) },
    },
    changeRole: {
      method: 'PATCH',
      path: '/rooms/:id/members/:userId',
      pathParams: memberPath,
      summary: 'Make a member an admin or an admin a member; OWNER hands the room over to them (owner)',
      body: z.object({ role }),
      responses: { 200: ok(z.object({ member })) },
    },
    removeMember: {
      method: 'DELETE',
      path: '/rooms/:id/members/:userId',
      pathParams: memberPath,
      summary: 'Remove a member (owner; admins may remove plain members; anybody themself)',
      body: emptyBody,
      responses: { 200: confirmation },
    },
    join: {
      method: 'POST',
      path: '/rooms/:id/join',
      pathParams: roomPath,
      summary: 'Join a public room, or a private one with its passcode',
      body: z.object({ passcode: z.string().max(1024).optional() }).optional(),
      responses: { 200: ok(z.object({ room: detailedRoom })) },
    },
    leave: {
      method: 'POST',
      path: '/rooms/:id/leave',
      pathParams: roomPath,
      summary: 'Leave a room; an owner who is alone deletes it by leaving',
      body: emptyBody,
      responses: { 200: confirmation },
    },
    transfer: {
      method: 'POST',
      path: '/rooms/:id/transfer',
      pathParams: roomPath,
      summary: 'Hand the room over to another member (owner, who becomes an admin)',
      body: z.object({ userId: id }),
      responses: { 200: ok(z.object({ room })) },
    },
  },
  { commonResponses: commonErrors, strictStatusCodes: true },
);
