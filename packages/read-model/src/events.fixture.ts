import { randomUUID } from 'node:crypto';
import {
  type ChatEvent,
  type EventType,
  type FileUse,
  type MessageSnapshot,
  newMessage,
  noticeText,
  type Role,
} from '@kuraxx/domain';
import type { Partition, StoredEvent, Subject } from '@kuraxx/event-store';

export const epoch = 'testlog1';
const start = Date.parse('2031-02-03T04:05:06.000Z');

/** The time of an event, this many milliseconds into the story. */
export const at = (ms: number): string => new Date(start + ms).toISOString();

const roomOf = ({ data }: ChatEvent): string | undefined => {
  if ('message' in data) return data.message.roomId;
  return 'roomId' in data ? data.roomId : undefined;
};

/** Where the log would keep an event. */
export const subjectOf = (event: ChatEvent): Subject => {
  const { type, data } = event;
  const roomId = roomOf(event);
  if (roomId !== undefined) {
    const aspect =
      type === 'MessageSent' ? 'msg' : type === 'MessageEdited' || type === 'MessageDeleted' ? 'edit' : 'meta';
    return { kind: 'room', roomId, aspect };
  }
  const userId = 'userId' in data ? data.userId : 'nobody';
  return 'fileId' in data ? { kind: 'file', userId, fileId: data.fileId } : { kind: 'account', userId };
};

/** An event as the log would give it. */
export const stored = (event: ChatEvent, sequence: number, partition: Partition = 0): StoredEvent => {
  const type: EventType = event.type;
  return {
    ...event,
    record: {
      position: { epoch, partition, sequence },
      subject: subjectOf(event),
      wireType: `kuraxx.${type}.v1`,
      type,
      eventId: randomUUID(),
      time: at(sequence),
      via: undefined,
      data: new Uint8Array(),
    },
  };
};

/** Events with rising sequences from 1. */
export const story = (events: readonly ChatEvent[], partition: Partition = 0): StoredEvent[] =>
  events.map((event, index) => stored(event, index + 1, partition));

export const registered = (userId: string, username = userId, ms = 0): ChatEvent => ({
  type: 'UserRegistered',
  data: { userId, username, displayName: `${username} shown`, at: at(ms) },
});

const facts = { fileName: 'plan.pdf', mimeType: 'application/pdf', fileSize: 12, purpose: 'message' } as const;

export const uploadStarted = (fileId: string, userId: string, ms: number): ChatEvent => ({
  type: 'UploadStarted',
  data: { fileId, userId, ...facts, at: at(ms) },
});

export const uploaded = (fileId: string, userId: string, ms: number): ChatEvent => ({
  type: 'FileUploaded',
  data: { fileId, userId, ...facts, hasThumbnail: false, at: at(ms) },
});

export const fileUsed = (fileId: string, userId: string, use: FileUse, ms: number): ChatEvent => ({
  type: 'FileUsed',
  data: { fileId, userId, use, at: at(ms) },
});

export const fileDeleted = (fileId: string, userId: string, ms: number): ChatEvent => ({
  type: 'FileDeleted',
  data: { fileId, userId, reason: 'unused', at: at(ms) },
});

export const filePurged = (fileId: string, userId: string, ms: number): ChatEvent => ({
  type: 'FilePurged',
  data: { fileId, userId, at: at(ms) },
});

export const created = (
  roomId: string,
  owner: string,
  { type = 'PUBLIC', ms = 0, others = [] }: { type?: 'PUBLIC' | 'PRIVATE'; ms?: number; others?: string[] } = {},
): ChatEvent => ({
  type: 'RoomCreated',
  data: {
    roomId,
    name: `room ${roomId}`,
    description: null,
    type,
    topics: ['sail', '{"odd", \\}'],
    hasPasscode: false,
    createdById: owner,
    members: [owner, ...others].map((userId, index) => {
      const role: Role = index === 0 ? 'OWNER' : 'MEMBER';
      return { membershipId: `${roomId}-${userId}`, userId, role };
    }),
    at: at(ms),
  },
});

export const snapshot = (id: string, roomId: string, senderId: string, ms = 0): MessageSnapshot =>
  newMessage({
    messageId: id,
    roomId,
    content: `text of ${id}`,
    type: 'TEXT',
    sender: {
      id: senderId,
      username: senderId,
      displayName: `${senderId} then`,
      avatarUrl: null,
      isOnline: false,
      lastSeenAt: null,
    },
    replyTo: null,
    at: at(ms),
  });

export const sent = (message: MessageSnapshot): ChatEvent => ({ type: 'MessageSent', data: { message } });

export const edited = (message: MessageSnapshot, content: string, ms: number): ChatEvent => ({
  type: 'MessageEdited',
  data: { message: { ...message, content, editedAt: at(ms), updatedAt: at(ms) } },
});

export const deleted = (message: MessageSnapshot, ms: number): ChatEvent => ({
  type: 'MessageDeleted',
  data: { messageId: message.id, roomId: message.roomId, by: message.senderId, at: at(ms) },
});

const notice = (id: string, roomId: string, userId: string, what: 'joined' | 'left', ms: number): MessageSnapshot => ({
  ...snapshot(id, roomId, userId, ms),
  type: 'SYSTEM',
  content: noticeText(userId, what),
});

export const joined = (roomId: string, userId: string, ms: number): ChatEvent => ({
  type: 'MemberJoined',
  data: {
    roomId,
    membershipId: `${roomId}-${userId}-${ms}`,
    userId,
    username: userId,
    displayName: userId,
    message: notice(`joined-${roomId}-${userId}-${ms}`, roomId, userId, 'joined', ms),
    at: at(ms),
  },
});

export const left = (roomId: string, userId: string, ms: number): ChatEvent => ({
  type: 'MemberLeft',
  data: {
    roomId,
    userId,
    username: userId,
    displayName: userId,
    message: notice(`left-${roomId}-${userId}-${ms}`, roomId, userId, 'left', ms),
    at: at(ms),
  },
});
