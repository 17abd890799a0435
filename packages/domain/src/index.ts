export {
  type Account,
  type AccountCommand,
  decideAccount,
  evolveAccount,
  initialAccount,
  type ProfileChanges,
  type RegisteredAccount,
} from './account/account.ts';
export * from './events/index.ts';
export { attachmentOf, originalRef, thumbnailRef } from './file/attachment.ts';
export { decideFile, type FileCommand, isSameUse, requireStored } from './file/decide.ts';
export {
  type DeletedFile,
  type ExpectedFile,
  evolveFile,
  type FileFacts,
  initialFile,
  type StoredFile,
  type UserFile,
} from './file/file.ts';
export {
  type FileRef,
  type FileScope,
  type FileVariant,
  fileRefPrefix,
  formatFileRef,
  parseFileRef,
} from './file/ref.ts';
export {
  extensionOf,
  type FileLimits,
  fileTypes,
  isImageType,
  requireAllowedType,
  requireSize,
} from './file/types.ts';
export { isoTime } from './iso-time.ts';
export { decideDelete, decideEdit, decideSend, type NewMessage, newMessage, plainFields } from './message/decide.ts';
export { changedMessageId, evolveMessage, isMessageType, messageIn } from './message/evolve.ts';
export { namedIn, nameless, namelessMessage, namelessNotice, noticeText, withoutNames } from './nameless.ts';
export * from './policy/index.ts';
export { Refusal, type RefusalCode } from './refusal.ts';
export { decideRoom, type RoomChanges, type RoomCommand } from './room/decide.ts';
export {
  evolveRoom,
  initialRoom,
  type Membership,
  maxMembers,
  type OpenRoom,
  type Room,
  requireOpenRoom,
} from './room/room.ts';
