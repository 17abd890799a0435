import type { RedisChannel, RedisData } from '@kuraxx/contracts';
import type { MessageSnapshot } from '@kuraxx/domain';
import type { StoredEvent } from '@kuraxx/event-store';
import type { Person, RoomSignal } from '@kuraxx/signals';

/** One publish on Redis. */
export type Publication = { readonly channel: RedisChannel; readonly text: string };

/** The envelope of the old system; `timestamp` is when it happened, in milliseconds since 1970. */
const publication = <C extends RedisChannel>(channel: C, data: RedisData<C>, timestamp: number): Publication => ({
  channel,
  text: JSON.stringify({ channel, data, timestamp }),
});

const accepted = (message: MessageSnapshot, tempId: string | undefined, timestamp: number): Publication => {
  const { roomId, content, type, replyToId, senderId, sender } = message;
  return publication(
    'messages:new',
    {
      roomId,
      content,
      type,
      ...(tempId === undefined ? {} : { tempId }),
      ...(replyToId === null ? {} : { replyToId }),
      senderId,
      senderUsername: sender.username,
      timestamp,
    },
    timestamp,
  );
};

const saved = (message: MessageSnapshot, tempId: string | undefined, timestamp: number): Publication => {
  const { roomId } = message;
  return publication('messages:saved', { message, roomId, ...(tempId === undefined ? {} : { tempId }) }, timestamp);
};

/** What an event of the log is on Redis, in order; events without a channel are nothing there. */
export const publicationsOf = (event: StoredEvent): Publication[] => {
  const timestamp = Date.parse(event.record.time);
  switch (event.type) {
    case 'MessageSent': {
      const { message, tempId } = event.data;
      const stored = saved(message, tempId, timestamp);
      return event.record.via === 'ws' ? [accepted(message, tempId, timestamp), stored] : [stored];
    }
    case 'MessageEdited': {
      const { message } = event.data;
      return [publication('messages:update', { message, roomId: message.roomId }, timestamp)];
    }
    case 'MessageDeleted': {
      const { messageId, roomId } = event.data;
      return [publication('messages:delete', { messageId, roomId }, timestamp)];
    }
    case 'MemberJoined':
    case 'MemberLeft': {
      const { roomId, userId, username, displayName, message } = event.data;
      const channel = event.type === 'MemberJoined' ? 'room:join' : 'room:leave';
      const notice = publication(channel, { roomId, userId, username, displayName }, timestamp);
      return [saved(message, undefined, timestamp), notice];
    }
    case 'MemberRemoved': {
      const { roomId, userId, username } = event.data;
      return [publication('room:leave', { roomId, userId, username }, timestamp)];
    }
    case 'UserRegistered':
    case 'ProfileUpdated':
    case 'RegistrationAbandoned':
    case 'UploadStarted':
    case 'FileUploaded':
    case 'FileUsed':
    case 'FileDeleted':
    case 'FilePurged':
    case 'PasswordChanged':
    case 'AccountDeleted':
    case 'RoomCreated':
    case 'RoomUpdated':
    case 'RoomDeleted':
    case 'MemberAdded':
    case 'RoleChanged':
    case 'OwnershipTransferred':
      return [];
  }
};

/** Typing, and rooms that sockets open and close. */
export const signalPublication = ({ type, roomId, userId, username }: RoomSignal, timestamp: number): Publication =>
  type === 'typing:start' || type === 'typing:stop'
    ? publication(type, { roomId, userId, username, isTyping: type === 'typing:start' }, timestamp)
    : publication(type, { roomId, userId, username }, timestamp);

/** A socket has authenticated, or a user's last one has closed. */
export const presencePublication = ({ userId, username }: Person, isOnline: boolean, timestamp: number): Publication =>
  publication(isOnline ? 'presence:online' : 'presence:offline', { userId, username, isOnline, timestamp }, timestamp);
