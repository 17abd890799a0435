import { z } from 'zod';
import { filePurpose, fileUse, messageSnapshot, role, roomType } from './values.ts';

/** Every time in an event is ISO 8601 in UTC with milliseconds. */
const at = z.string();
const roomId = z.string();
const userId = z.string();

/** Events of one account. The e-mail and the password never get into the log: they must be deletable. */
export const accountEventSchemas = {
  UserRegistered: z.object({ userId, username: z.string(), displayName: z.string(), at }),
  /** All values after the change. */
  ProfileUpdated: z.object({ userId, displayName: z.string(), avatarUrl: z.string().nullable(), at }),
  /** A registration that never came to its end: its user id can't be used any more, its names are free. */
  RegistrationAbandoned: z.object({ userId, at }),
  /** Everything that was signed in before `version` is signed out. The password itself is never here. */
  PasswordChanged: z.object({ userId, version: z.int(), at }),
  /** The account is gone for good; who shows its events shows them without names from now on (see `nameless`). */
  AccountDeleted: z.object({ userId, at }),
} as const;

/** Events that change who is in a room, or the room itself. */
export const roomEventSchemas = {
  RoomCreated: z.object({
    roomId,
    name: z.string().nullable(),
    description: z.string().nullable(),
    type: roomType,
    topics: z.array(z.string()),
    hasPasscode: z.boolean(),
    createdById: userId,
    /** The creator first, as OWNER. */
    members: z.array(z.object({ membershipId: z.string(), userId, role })),
    at,
  }),
  /** All values after the change. */
  RoomUpdated: z.object({
    roomId,
    name: z.string().nullable(),
    description: z.string().nullable(),
    avatarUrl: z.string().nullable(),
    by: userId,
    at,
  }),
  RoomDeleted: z.object({ roomId, by: userId, at }),
  /** Added by somebody else, silently. */
  MemberAdded: z.object({ roomId, membershipId: z.string(), userId, role, by: userId, at }),
  /** Joined by themself; `message` is the SYSTEM message that says so. */
  MemberJoined: z.object({
    roomId,
    membershipId: z.string(),
    userId,
    username: z.string(),
    displayName: z.string(),
    message: messageSnapshot,
    at,
  }),
  MemberRemoved: z.object({ roomId, userId, username: z.string(), by: userId, at }),
  /** Left by themself; `message` is the SYSTEM message that says so. */
  MemberLeft: z.object({
    roomId,
    userId,
    username: z.string(),
    displayName: z.string(),
    message: messageSnapshot,
    at,
  }),
  RoleChanged: z.object({ roomId, userId, role: role.exclude(['OWNER']), by: userId, at }),
  /** The old owner becomes an ADMIN in the same instant: there is always exactly one owner. */
  OwnershipTransferred: z.object({ roomId, fromUserId: userId, toUserId: userId, at }),
} as const;

/** Messages as they are sent. The data is the payload of the `message:saved` frame, in its key order. */
export const messageEventSchemas = {
  MessageSent: z.object({ message: messageSnapshot, tempId: z.string().optional() }),
} as const;

/** What happens to messages later. */
export const editEventSchemas = {
  /** The whole message after the edit: the payload of the `message:update` frame. */
  MessageEdited: z.object({ message: messageSnapshot }),
  MessageDeleted: z.object({ messageId: z.string(), roomId, by: userId, at }),
} as const;

const fileKey = { fileId: z.string(), userId };
const fileFacts = {
  ...fileKey,
  fileName: z.string(),
  mimeType: z.string(),
  /** In bytes. */
  fileSize: z.number(),
  purpose: filePurpose,
};

/** Events of one file. Its bytes are in the object store; `userId` is its owner. */
export const fileEventSchemas = {
  /** Bytes may come from now on; type and size are what was declared. */
  UploadStarted: z.object({ ...fileFacts, at }),
  /** The bytes are there and were checked; type and size are theirs. */
  FileUploaded: z.object({ ...fileFacts, hasThumbnail: z.boolean(), at }),
  /** Something is about to show it; the event of that comes after. */
  FileUsed: z.object({ ...fileKey, use: fileUse, at }),
  /** Nobody gets a link to it any more. */
  FileDeleted: z.object({ ...fileKey, reason: z.enum(['owner', 'unused']), at }),
  /** Nothing of it is left in the store. */
  FilePurged: z.object({ ...fileKey, at }),
} as const;

export const eventSchemas = {
  ...accountEventSchemas,
  ...fileEventSchemas,
  ...roomEventSchemas,
  ...messageEventSchemas,
  ...editEventSchemas,
} as const;

const eventOf = <T extends keyof typeof eventSchemas>(type: T) =>
  z.object({ type: z.literal(type), data: eventSchemas[type] });

/** Any event in its newest version, told apart by its type. */
export const chatEventSchema = z.discriminatedUnion('type', [
  eventOf('UserRegistered'),
  eventOf('ProfileUpdated'),
  eventOf('RegistrationAbandoned'),
  eventOf('UploadStarted'),
  eventOf('FileUploaded'),
  eventOf('FileUsed'),
  eventOf('FileDeleted'),
  eventOf('FilePurged'),
  eventOf('PasswordChanged'),
  eventOf('AccountDeleted'),
  eventOf('RoomCreated'),
  eventOf('RoomUpdated'),
  eventOf('RoomDeleted'),
  eventOf('MemberAdded'),
  eventOf('MemberJoined'),
  eventOf('MemberRemoved'),
  eventOf('MemberLeft'),
  eventOf('RoleChanged'),
  eventOf('OwnershipTransferred'),
  eventOf('MessageSent'),
  eventOf('MessageEdited'),
  eventOf('MessageDeleted'),
]);
