import { type FileUse, type MessageSnapshot, plainFields } from '@kuraxx/domain';
import type { StoredEvent } from '@kuraxx/event-store';
import type { FileRow, MemberRow, MessageRow, RoomDetails, RoomRow, UserRow } from './rows.ts';

/** What an event does to rows, before it is known which rows are there (`fold` decides that). */
export type Change =
  | { readonly kind: 'addUser'; readonly row: UserRow }
  | { readonly kind: 'changeUser'; readonly id: string; readonly to: Partial<UserRow> }
  | { readonly kind: 'addFile'; readonly row: FileRow }
  | { readonly kind: 'changeFile'; readonly id: string; readonly to: Partial<FileRow> }
  | { readonly kind: 'removeFile'; readonly id: string }
  /** The names go, from the row and from the SYSTEM messages of their joins and leaves. */
  | { readonly kind: 'eraseUser'; readonly id: string; readonly at: string }
  | { readonly kind: 'addRoom'; readonly row: RoomRow }
  | { readonly kind: 'changeRoom'; readonly roomId: string; readonly to: RoomDetails }
  | { readonly kind: 'removeRoom'; readonly roomId: string }
  | { readonly kind: 'addMember'; readonly roomId: string; readonly row: MemberRow }
  | { readonly kind: 'changeMember'; readonly roomId: string; readonly userId: string; readonly to: Partial<MemberRow> }
  | { readonly kind: 'removeMember'; readonly roomId: string; readonly userId: string }
  | { readonly kind: 'addMessage'; readonly roomId: string; readonly row: MessageRow }
  | { readonly kind: 'editMessage'; readonly roomId: string; readonly id: string; readonly to: Partial<MessageRow> }
  | { readonly kind: 'deleteMessage'; readonly roomId: string; readonly id: string; readonly at: string };

const addMessage = (message: MessageSnapshot, sequence: number): Change => ({
  kind: 'addMessage',
  roomId: message.roomId,
  row: { ...plainFields(message), attachments: message.attachments, sequence },
});

const useColumns = (use: FileUse): Pick<FileRow, 'useKind' | 'roomId' | 'messageId'> => ({
  useKind: use.kind,
  roomId: use.kind === 'user' ? null : use.roomId,
  messageId: use.kind === 'message' ? use.messageId : null,
});

const partitionNumber = ({ record }: StoredEvent): number => {
  const { partition } = record.position;
  if (partition === 'accounts') throw new Error(`an event of a room in partition accounts: ${record.eventId}`);
  return partition;
};

/** What an event does to rows. Pure: the same event always gives the same changes. Exhaustive on purpose. */
export const changesOf = (event: StoredEvent): readonly Change[] => {
  const { sequence } = event.record.position;
  switch (event.type) {
    case 'UserRegistered': {
      const { userId, username, displayName, at } = event.data;
      const row = { id: userId, username, displayName, avatarUrl: null, createdAt: at, updatedAt: at, deletedAt: null };
      return [{ kind: 'addUser', row }];
    }
    case 'ProfileUpdated': {
      const { userId, displayName, avatarUrl, at } = event.data;
      return [{ kind: 'changeUser', id: userId, to: { displayName, avatarUrl, updatedAt: at } }];
    }
    case 'RegistrationAbandoned':
      return []; // there never was such a user
    case 'UploadStarted': {
      const { fileId, at, ...facts } = event.data;
      const unused = { useKind: null, roomId: null, messageId: null };
      return [
        { kind: 'addFile', row: { id: fileId, status: 'expected', ...facts, ...unused, createdAt: at, changedAt: at } },
      ];
    }
    case 'FileUploaded': {
      const { fileId, mimeType, fileSize, at } = event.data;
      return [{ kind: 'changeFile', id: fileId, to: { status: 'stored', mimeType, fileSize, changedAt: at } }];
    }
    case 'FileUsed': {
      const { fileId, use, at } = event.data;
      return [{ kind: 'changeFile', id: fileId, to: { ...useColumns(use), changedAt: at } }];
    }
    case 'FileDeleted':
      return [{ kind: 'changeFile', id: event.data.fileId, to: { status: 'deleted', changedAt: event.data.at } }];
    case 'FilePurged':
      return [{ kind: 'removeFile', id: event.data.fileId }];
    case 'PasswordChanged':
      return [];
    case 'AccountDeleted':
      return [{ kind: 'eraseUser', id: event.data.userId, at: event.data.at }];
    case 'RoomCreated': {
      const { roomId, name, description, type, topics, createdById, members, at } = event.data;
      const row: RoomRow = {
        id: roomId,
        partition: partitionNumber(event),
        name,
        description,
        type,
        avatarUrl: null,
        createdById,
        topics,
        messageCount: 0,
        memberCount: 0,
        lastMessageAt: null,
        createdAt: at,
        updatedAt: at,
      };
      return [
        { kind: 'addRoom', row },
        ...members.map(
          ({ membershipId, userId, role }): Change => ({
            kind: 'addMember',
            roomId,
            row: { id: membershipId, roomId, userId, role, joinedAt: at },
          }),
        ),
      ];
    }
    case 'RoomUpdated': {
      const { roomId, name, description, avatarUrl, at } = event.data;
      return [{ kind: 'changeRoom', roomId, to: { name, description, avatarUrl, updatedAt: at } }];
    }
    case 'RoomDeleted':
      return [{ kind: 'removeRoom', roomId: event.data.roomId }];
    case 'MemberAdded': {
      const { roomId, membershipId, userId, role, at } = event.data;
      return [{ kind: 'addMember', roomId, row: { id: membershipId, roomId, userId, role, joinedAt: at } }];
    }
    case 'MemberJoined': {
      const { roomId, membershipId, userId, message, at } = event.data;
      const row: MemberRow = { id: membershipId, roomId, userId, role: 'MEMBER', joinedAt: at };
      return [{ kind: 'addMember', roomId, row }, addMessage(message, sequence)];
    }
    case 'MemberRemoved':
      return [{ kind: 'removeMember', roomId: event.data.roomId, userId: event.data.userId }];
    case 'MemberLeft': {
      const { roomId, userId, message } = event.data;
      return [{ kind: 'removeMember', roomId, userId }, addMessage(message, sequence)];
    }
    case 'RoleChanged': {
      const { roomId, userId, role } = event.data;
      return [{ kind: 'changeMember', roomId, userId, to: { role } }];
    }
    case 'OwnershipTransferred': {
      const { roomId, fromUserId, toUserId } = event.data;
      return [
        { kind: 'changeMember', roomId, userId: fromUserId, to: { role: 'ADMIN' } },
        { kind: 'changeMember', roomId, userId: toUserId, to: { role: 'OWNER' } },
      ];
    }
    case 'MessageSent':
      return [addMessage(event.data.message, sequence)];
    case 'MessageEdited': {
      const { id, roomId, content, editedAt, updatedAt } = event.data.message;
      return [{ kind: 'editMessage', roomId, id, to: { content, editedAt, updatedAt } }];
    }
    case 'MessageDeleted': {
      const { messageId, roomId, at } = event.data;
      return [{ kind: 'deleteMessage', roomId, id: messageId, at }];
    }
  }
};
