import type { MessageSnapshot, Role, RoomType } from '@kuraxx/domain';

// Rows as the projection thinks of them. Times are ISO 8601 in UTC with milliseconds.

export type UserRow = {
  readonly id: string;
  readonly username: string;
  readonly displayName: string;
  readonly avatarUrl: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
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

export type MemberRow = {
  readonly id: string;
  readonly roomId: string;
  readonly userId: string;
  readonly role: Role;
  readonly joinedAt: string;
};

/** The reply is not stored: readers see the replied message as it is now. */
export type MessageRow = Omit<MessageSnapshot, 'replyTo'> & { readonly sequence: number };
