import { randomUUID } from 'node:crypto';
import { type ChatEvent, type MessageSnapshot, newMessage } from '@kuraxx/domain';
import { recordOf } from './codec.ts';
import { headersOfFields } from './headers.ts';
import type { LogRecord, Subject } from './ports.ts';

const at = '2031-02-03T04:05:06.789Z';

export const snapshotOf = (roomId: string, content: string): MessageSnapshot =>
  newMessage({
    messageId: randomUUID(),
    roomId,
    content,
    type: 'TEXT',
    sender: {
      id: randomUUID(),
      username: 'mira_k',
      displayName: 'Mira',
      avatarUrl: null,
      isOnline: true,
      lastSeenAt: null,
    },
    replyTo: null,
    at,
  });

export const messageSent = (roomId: string, content: string): ChatEvent => ({
  type: 'MessageSent',
  data: { message: snapshotOf(roomId, content), tempId: content },
});

export const registered = (userId: string): ChatEvent => ({
  type: 'UserRegistered',
  data: { userId, username: 'mira_k', displayName: 'Mira', at },
});

export const filePurged = (userId: string, fileId: string): ChatEvent => ({
  type: 'FilePurged',
  data: { fileId, userId, at },
});

export const roomDeleted = (roomId: string): ChatEvent => ({
  type: 'RoomDeleted',
  data: { roomId, by: randomUUID(), at },
});

export const roomSubject = (roomId: string, aspect: 'meta' | 'msg' | 'edit'): Subject => ({
  kind: 'room',
  roomId,
  aspect,
});

export const collect = async (records: AsyncIterable<LogRecord>): Promise<LogRecord[]> => {
  const all: LogRecord[] = [];
  for await (const record of records) all.push(record);
  return all;
};

export const sequencesOf = (records: readonly LogRecord[]): number[] =>
  records.map(({ position }) => position.sequence);

/** A record as it would come from the log. */
export const recordWith = (wireType: string, json: string): LogRecord => {
  const data = new TextEncoder().encode(json);
  return recordOf({
    subject: 'kuraxx.account.u-1',
    sequence: 1,
    headers: headersOfFields({ 'ce-type': wireType }),
    data,
    epoch: 'e',
    partition: 'accounts',
  });
};
