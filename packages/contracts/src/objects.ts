import { z } from 'zod';
import { positionText } from './text.ts';

/** ISO 8601 in UTC with milliseconds, as in `2031-02-03T04:05:06.789Z`. */
export const timestamp = z.iso.datetime({ precision: 3 });

/** Whatever is written as a UUID; what this system makes has the shape of version 4. */
export const id = z.guid('Invalid UUID');

export const roomType = z.enum(['PUBLIC', 'PRIVATE']);
export const role = z.enum(['OWNER', 'ADMIN', 'MEMBER']);
export const messageType = z.enum(['TEXT', 'IMAGE', 'FILE', 'SYSTEM']);
/** What a client may send: SYSTEM messages come from the server alone. */
export const clientMessageType = z.enum(['TEXT', 'IMAGE', 'FILE']);
/** Only SENT is ever written; the others are for clients' own use. */
export const messageStatus = z.enum(['SENDING', 'SENT', 'DELIVERED', 'READ', 'FAILED']);

/** A user as embedded everywhere; never with the e-mail. */
export const publicUser = z.object({
  id,
  username: z.string(),
  displayName: z.string(),
  avatarUrl: z.string().nullable(),
  isOnline: z.boolean(),
  lastSeenAt: timestamp.nullable(),
});

/** A user as that user sees themself. */
export const ownUser = publicUser.extend({ email: z.string(), createdAt: timestamp, updatedAt: timestamp });

export const member = z.object({ id, userId: id, roomId: id, role, joinedAt: timestamp, user: publicUser });

export const room = z.object({
  id,
  name: z.string().nullable(),
  description: z.string().nullable(),
  type: roomType,
  avatarUrl: z.string().nullable(),
  createdById: id,
  createdAt: timestamp,
  updatedAt: timestamp,
  topics: z.array(z.string()),
  members: z.array(member),
});

/** A room in a list. `messages` counts deleted and SYSTEM ones too. */
export const listedRoom = room.extend({ _count: z.object({ messages: z.int(), members: z.int() }) });

/** A room by id and after joining. Posts and resources are not part of this system: always 0. */
export const detailedRoom = room.extend({
  _count: z.object({ messages: z.int(), members: z.int(), posts: z.int(), resources: z.int() }),
});

export const attachment = z.object({
  id,
  messageId: id,
  fileName: z.string(),
  fileSize: z.int(),
  mimeType: z.string(),
  url: z.string(),
  thumbnailUrl: z.string().nullable(),
  createdAt: timestamp,
});

/** More than so many files a message can't have. */
export const maxAttachments = 10;

/** Own uploads that a message is to show; each is shown by one message. */
export const newAttachments = z
  .array(z.object({ fileId: id }))
  .max(maxAttachments)
  .refine((files) => new Set(files.map(({ fileId }) => fileId)).size === files.length, 'names a file twice');

const plainMessage = z.object({
  id,
  content: z.string(),
  type: messageType,
  status: messageStatus,
  roomId: id,
  senderId: id,
  replyToId: id.nullable(),
  editedAt: timestamp.nullable(),
  deletedAt: timestamp.nullable(),
  createdAt: timestamp,
  updatedAt: timestamp,
});

/** The same eleven plain fields of the message that is replied to. */
export const repliedMessage = plainMessage;

export const message = plainMessage.extend({
  sender: publicUser,
  attachments: z.array(attachment),
  replyTo: repliedMessage.nullable(),
});

/** An event of a room's log, without what people said: that may have been deleted since. */
export const roomLogEntry = z.object({
  position: positionText,
  /** As stored, as in `kuraxx.message.sent.v1`. */
  type: z.string(),
  /** When it was appended; of what came from another system, when it happened there. */
  at: timestamp,
  /** Who did it; null: not known. */
  userId: id.nullable(),
  /** The message that it is about, if any. */
  messageId: id.nullable(),
  /** What is stored, in bytes. */
  bytes: z.int(),
  /** When the read models had it, as the answering process heard; null: not yet, or too long ago to know. */
  projectedAt: timestamp.nullable(),
});

/** A room as it was. */
export const roomAt = z.object({
  /** The last event that is in it. */
  position: positionText,
  /** Null: there was no such room, not yet or no longer. */
  room: room.omit({ members: true }).nullable(),
  members: z.array(member.omit({ user: true, roomId: true })),
  /**
   * Newest first, without those that were deleted by then. What was deleted since has no content any more and says so in `deletedAt`; what was
   * edited since is as it was.
   */
  messages: z.array(message),
  /** Give it as `before` for the older ones; null: there are none. */
  before: positionText.nullable(),
});

export type RoomAt = z.infer<typeof roomAt>;
export type RoomLogEntry = z.infer<typeof roomLogEntry>;
export type PublicUser = z.infer<typeof publicUser>;
export type OwnUser = z.infer<typeof ownUser>;
export type Member = z.infer<typeof member>;
export type Room = z.infer<typeof room>;
export type ListedRoom = z.infer<typeof listedRoom>;
export type DetailedRoom = z.infer<typeof detailedRoom>;
export type Attachment = z.infer<typeof attachment>;
export type RepliedMessage = z.infer<typeof repliedMessage>;
export type Message = z.infer<typeof message>;
export type Role = z.infer<typeof role>;
export type RoomType = z.infer<typeof roomType>;
