import type { FilePurpose, MessageSnapshot, Role, RoomType } from '@kuraxx/domain';

// Rows as the projection thinks of them. Times are ISO 8601 in UTC with milliseconds.

export type UserRow = {
  readonly id: string;
  readonly username: string;
  readonly displayName: string;
  readonly avatarUrl: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** When the account was deleted: the names are placeholders since. */
  readonly deletedAt: string | null;
};

export type RoomRow = {
  readonly id: string;
  readonly partition: number;
  readonly name: string | null;
  readonly description: string | null;
  readonly type: RoomType;
  readonly avatarUrl: string | null;
  readonly createdById: string;
  readonly topics: readonly string[];
  readonly messageCount: number;
  readonly memberCount: number;
  readonly lastMessageAt: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
};

/** What an update of a room changes. */
export type RoomDetails = Pick<RoomRow, 'name' | 'description' | 'avatarUrl' | 'updatedAt'>;

/** What happens to a room that is there. Its counters go on from where they are, so that nobody has to read them first. */
export type RoomUpdate = {
  readonly id: string;
  /** As they are to be; undefined: as they are. */
  readonly details: RoomDetails | undefined;
  /** By so much the counters change. */
  readonly messages: number;
  readonly members: number;
  /** Of the newest message that is added; null: none is. */
  readonly lastMessageAt: string | null;
};

export type MemberRow = {
  readonly id: string;
  readonly roomId: string;
  readonly userId: string;
  readonly role: Role;
  readonly joinedAt: string;
};

/** An upload until its bytes are gone from the store. `useKind` with `roomId` and `messageId`: what shows it. */
export type FileRow = {
  readonly id: string;
  readonly userId: string;
  readonly status: 'expected' | 'stored' | 'deleted';
  readonly fileName: string;
  readonly mimeType: string;
  readonly fileSize: number;
  readonly purpose: FilePurpose;
  readonly useKind: 'message' | 'user' | 'room' | null;
  readonly roomId: string | null;
  readonly messageId: string | null;
  readonly createdAt: string;
  readonly changedAt: string;
};

/** Neither the reply nor the sender's profile are stored: readers see both as they are now. */
export type MessageRow = Omit<MessageSnapshot, 'replyTo' | 'sender'> & { readonly sequence: number };
