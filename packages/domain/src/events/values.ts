import { z } from 'zod';

/** Stands for whoever did something when nothing tells who: events from another system may not say. Nobody has this id. */
export const unknownUserId = '00000000-0000-0000-0000-000000000000';

export const role = z.enum(['OWNER', 'ADMIN', 'MEMBER']);
export type Role = z.infer<typeof role>;

export const roomType = z.enum(['PUBLIC', 'PRIVATE']);
export type RoomType = z.infer<typeof roomType>;

export const messageType = z.enum(['TEXT', 'IMAGE', 'FILE', 'SYSTEM']);
export type MessageType = z.infer<typeof messageType>;

/** A sender's public profile as it was when the message was sent. */
export const senderProfile = z.object({
  id: z.string(),
  username: z.string(),
  displayName: z.string(),
  avatarUrl: z.string().nullable(),
  isOnline: z.boolean(),
  lastSeenAt: z.string().nullable(),
});
export type SenderProfile = z.infer<typeof senderProfile>;

/** The plain fields of a message, also those of one that is replied to. */
export const repliedMessage = z.object({
  id: z.string(),
  content: z.string(),
  type: messageType,
  status: z.enum(['SENDING', 'SENT', 'DELIVERED', 'READ', 'FAILED']),
  roomId: z.string(),
  senderId: z.string(),
  replyToId: z.string().nullable(),
  editedAt: z.string().nullable(),
  deletedAt: z.string().nullable(),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export type RepliedMessage = z.infer<typeof repliedMessage>;

export const attachment = z.object({
  id: z.string(),
  messageId: z.string(),
  fileName: z.string(),
  fileSize: z.number(),
  mimeType: z.string(),
  url: z.string(),
  thumbnailUrl: z.string().nullable(),
  createdAt: z.string(),
});

export type Attachment = z.infer<typeof attachment>;

/** What an upload is meant for, as its client says. */
export const filePurpose = z.enum(['avatar', 'message', 'room']);
export type FilePurpose = z.infer<typeof filePurpose>;

/** What shows a file: a message, or the picture of its owner or of a room. */
export const fileUse = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('message'), roomId: z.string(), messageId: z.string() }),
  z.object({ kind: z.literal('user') }),
  z.object({ kind: z.literal('room'), roomId: z.string() }),
]);
export type FileUse = z.infer<typeof fileUse>;

/** A message exactly as clients see it, so that readers never need a look-up. */
export const messageSnapshot = repliedMessage.extend({
  sender: senderProfile,
  attachments: z.array(attachment),
  replyTo: repliedMessage.nullable(),
});
export type MessageSnapshot = z.infer<typeof messageSnapshot>;
