import type { z } from 'zod';
import {
  accountEventSchemas,
  type editEventSchemas,
  type eventSchemas,
  fileEventSchemas,
  type messageEventSchemas,
  roomEventSchemas,
} from './schemas.ts';

export { chatEventSchema, eventSchemas } from './schemas.ts';
export * from './values.ts';

type EventOf<S extends Record<string, z.ZodType>> = {
  [T in keyof S & string]: { readonly type: T; readonly data: z.infer<S[T]> };
}[keyof S & string];

export type AccountEvent = EventOf<typeof accountEventSchemas>;
export type FileEvent = EventOf<typeof fileEventSchemas>;
export type RoomEvent = EventOf<typeof roomEventSchemas>;
export type MessageEvent = EventOf<typeof messageEventSchemas>;
export type EditEvent = EventOf<typeof editEventSchemas>;
/** Anything that the log can hold, in its newest version. */
export type ChatEvent = EventOf<typeof eventSchemas>;
export type EventType = ChatEvent['type'];

/** The CloudEvents type of each event: `<name>.v<version>`. A new version needs an upcaster from the one before. */
export const wireTypes: Record<EventType, { readonly name: string; readonly version: number }> = {
  UserRegistered: { name: 'kuraxx.account.registered', version: 1 },
  ProfileUpdated: { name: 'kuraxx.account.profile-updated', version: 1 },
  RegistrationAbandoned: { name: 'kuraxx.account.registration-abandoned', version: 1 },
  UploadStarted: { name: 'kuraxx.file.upload-started', version: 1 },
  FileUploaded: { name: 'kuraxx.file.uploaded', version: 1 },
  FileUsed: { name: 'kuraxx.file.used', version: 1 },
  FileDeleted: { name: 'kuraxx.file.deleted', version: 1 },
  FilePurged: { name: 'kuraxx.file.purged', version: 1 },
  PasswordChanged: { name: 'kuraxx.account.password-changed', version: 1 },
  AccountDeleted: { name: 'kuraxx.account.deleted', version: 1 },
  RoomCreated: { name: 'kuraxx.room.created', version: 1 },
  RoomUpdated: { name: 'kuraxx.room.updated', version: 1 },
  RoomDeleted: { name: 'kuraxx.room.deleted', version: 1 },
  MemberAdded: { name: 'kuraxx.room.member-added', version: 1 },
  MemberJoined: { name: 'kuraxx.room.member-joined', version: 1 },
  MemberRemoved: { name: 'kuraxx.room.member-removed', version: 1 },
  MemberLeft: { name: 'kuraxx.room.member-left', version: 1 },
  RoleChanged: { name: 'kuraxx.room.role-changed', version: 1 },
  OwnershipTransferred: { name: 'kuraxx.room.ownership-transferred', version: 1 },
  MessageSent: { name: 'kuraxx.message.sent', version: 1 },
  MessageEdited: { name: 'kuraxx.message.edited', version: 1 },
  MessageDeleted: { name: 'kuraxx.message.deleted', version: 1 },
};

/** Whether an event reaches clients as a frame with a position (see docs/protocol.md). */
export const isFramed = (type: EventType): boolean =>
  type === 'MessageSent' ||
  type === 'MessageEdited' ||
  type === 'MessageDeleted' ||
  type === 'MemberJoined' ||
  type === 'MemberLeft' ||
  type === 'MemberRemoved';

/** Whether an event belongs to an account's own history. */
export const isAccountEvent = (event: ChatEvent): event is AccountEvent =>
  Object.hasOwn(accountEventSchemas, event.type);

/** Whether an event belongs to a file's own history. */
export const isFileEvent = (event: ChatEvent): event is FileEvent => Object.hasOwn(fileEventSchemas, event.type);

/** Whether an event belongs to a room's membership history. */
export const isRoomEvent = (event: ChatEvent): event is RoomEvent => Object.hasOwn(roomEventSchemas, event.type);
