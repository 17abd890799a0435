import type {
  Attachment,
  EditEvent,
  MessageSnapshot,
  MessageType,
  RepliedMessage,
  SenderProfile,
} from '../events/index.ts';
import { authorise } from '../policy/index.ts';
import { Refusal } from '../refusal.ts';
import type { Room } from '../room/room.ts';

export type NewMessage = {
  readonly messageId: string;
  readonly roomId: string;
  readonly content: string;
  readonly type: MessageType;
  readonly sender: SenderProfile;
  /** The message that is replied to, as it is now. */
  readonly replyTo: MessageSnapshot | null;
  /** Files that were reserved for this message; absent: none. */
  readonly attachments?: readonly Attachment[];
  readonly at: string;
};

/** The eleven plain fields of a message. */
export const plainFields = (message: RepliedMessage): RepliedMessage => ({
  id: message.id,
  content: message.content,
  type: message.type,
  status: message.status,
  roomId: message.roomId,
  senderId: message.senderId,
  replyToId: message.replyToId,
  editedAt: message.editedAt,
  deletedAt: message.deletedAt,
  createdAt: message.createdAt,
  updatedAt: message.updatedAt,
});

/** A message as it comes into being, in the key order of the wire. */
export const newMessage = ({
  messageId,
  roomId,
  content,
  type,
  sender,
  replyTo,
  attachments = [],
  at,
}: NewMessage): MessageSnapshot => ({
  id: messageId,
  content,
  type,
  status: 'SENT',
  roomId,
  senderId: sender.id,
  replyToId: replyTo?.id ?? null,
  editedAt: null,
  deletedAt: null,
  createdAt: at,
  updatedAt: at,
  sender,
  attachments: [...attachments],
  replyTo: replyTo === null ? null : plainFields(replyTo),
});

/**
 * Sending: members only, and a reply stays in its room.
 *
 * @throws {Refusal} ROOM_NOT_FOUND, ROOM_ACCESS_DENIED, VALIDATION_ERROR for a reply to what is not there
 */
export const decideSend = (command: NewMessage, room: Room): MessageSnapshot => {
  authorise(room, command.sender.id, 'message.send');
  const { replyTo } = command;
  if (replyTo !== null && (replyTo.roomId !== command.roomId || replyTo.deletedAt !== null)) {
    throw new Refusal('VALIDATION_ERROR', 'replyToId: no such message in this room');
  }
  return newMessage(command);
};

/** What the system says about somebody is not theirs. */
const whose = (message: MessageSnapshot, userId: string): 'own' | 'other' | 'system' => {
  if (message.type === 'SYSTEM') return 'system';
  return message.senderId === userId ? 'own' : 'other';
};

/**
 * Editing: the sender alone, while a member; a deleted message can't be edited.
 *
 * @throws {Refusal} ROOM_ACCESS_DENIED, MESSAGE_NOT_FOUND
 */
export const decideEdit = (
  command: { readonly by: string; readonly content: string; readonly at: string },
  message: MessageSnapshot,
  room: Room,
): EditEvent => {
  authorise(room, command.by, `message.edit.${whose(message, command.by)}`);
  if (message.deletedAt !== null) throw new Refusal('MESSAGE_NOT_FOUND');
  const { content, at } = command;
  return { type: 'MessageEdited', data: { message: { ...message, content, editedAt: at, updatedAt: at } } };
};

/**
 * Deleting: the sender while a member, or the room's owner and admins.
 *
 * @returns `undefined` when it is deleted already
 * @throws {Refusal} ROOM_ACCESS_DENIED
 */
export const decideDelete = (
  command: { readonly by: string; readonly at: string },
  message: MessageSnapshot,
  room: Room,
): EditEvent | undefined => {
  authorise(room, command.by, `message.delete.${whose(message, command.by)}`);
  if (message.deletedAt !== null) return undefined;
  return {
    type: 'MessageDeleted',
    data: { messageId: message.id, roomId: message.roomId, by: command.by, at: command.at },
  };
};
