import type { ServerFrameType } from '@kuraxx/contracts';
import { type ChatEvent, isFramed, namedIn, wireTypes } from '@kuraxx/domain';
import { decodeRecord, formatPosition, isWellFormed, type LogRecord, UnreadableEvent } from '@kuraxx/event-store';
import type { Logger } from 'pino';
import { type PlacedFrame, placedFrame } from './placed-frame.ts';

const bytesOf = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

const isNewest = (record: LogRecord, type: ChatEvent['type']): boolean => {
  const { name, version } = wireTypes[type];
  return record.wireType === `${name}.v${version}`;
};

type Content = {
  readonly type: ServerFrameType;
  readonly payload: Uint8Array;
  /** Whose names are in the payload. */
  readonly about?: string | undefined;
};

const senderKey = Buffer.from('"senderId":"');

/** The sender in a message's JSON, found without parsing it: inside of a text the quotes would be escaped. */
const senderIn = (data: Uint8Array): string | undefined => {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const found = bytes.indexOf(senderKey);
  if (found === -1) return undefined;
  const start = found + senderKey.length;
  return bytes.toString('latin1', start, bytes.indexOf('"', start));
};

/** Bytes that are no JSON would make the frame unreadable for clients, and no UTF-8 would close their sockets. @throws {UnreadableEvent} */
const payloadIn = (record: LogRecord): Uint8Array => {
  if (!isWellFormed(record)) throw new UnreadableEvent(record, 'its data is no JSON');
  return record.data;
};

/** @throws {UnreadableEvent} */
const contentOf = (record: LogRecord): Content | undefined => {
  // The stored data of these two is the payload: spliced as it is when it has the newest version.
  if (record.type === 'MessageSent' && isNewest(record, 'MessageSent')) {
    return { type: 'message:saved', payload: payloadIn(record), about: senderIn(record.data) };
  }
  if (record.type === 'MessageEdited' && isNewest(record, 'MessageEdited')) {
    return { type: 'message:update', payload: payloadIn(record), about: senderIn(record.data) };
  }
  const event = decodeRecord(record);
  const about = namedIn(event);
  switch (event.type) {
    case 'MessageSent':
      return { type: 'message:saved', payload: bytesOf(event.data), about };
    case 'MessageEdited':
      return { type: 'message:update', payload: bytesOf(event.data), about };
    case 'MessageDeleted':
      return { type: 'message:delete', payload: bytesOf({ messageId: event.data.messageId }) };
    case 'MemberJoined':
    case 'MemberLeft':
      return { type: 'message:saved', payload: bytesOf({ message: event.data.message }), about };
    case 'MemberRemoved': {
      const { roomId, userId, username } = event.data;
      return { type: 'room:leave', payload: bytesOf({ roomId, userId, username }), about };
    }
    case 'RoomCreated':
    case 'RoomUpdated':
    case 'RoomDeleted':
    case 'MemberAdded':
    case 'RoleChanged':
    case 'OwnershipTransferred':
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
      return undefined; // not framed: see isFramed
  }
};

/**
 * @param prev position of the room's framed event before this one, null without one
 * @returns the positioned frame of a framed event, undefined for any other
 * @throws {UnreadableEvent}
 */
export const frameOf = (record: LogRecord, roomId: string, prev: string | null): PlacedFrame | undefined => {
  if (record.type === undefined || !isFramed(record.type)) return undefined;
  const content = contentOf(record);
  if (content === undefined) return undefined;
  const place = { position: formatPosition(record.position), prev, roomId };
  return placedFrame(record.position.sequence, content.type, content.payload, place, content.about);
};

/** As `frameOf`; one event that this build can't read is logged and left out, for it must not end the room's feed or its history. */
export const tryFrameOf = (
  record: LogRecord,
  roomId: string,
  prev: string | null,
  logger: Logger,
): PlacedFrame | undefined => {
  try {
    return frameOf(record, roomId, prev);
  } catch (error) {
    logger.error({ err: error, roomId, position: formatPosition(record.position) }, 'an event was not shown');
    return undefined;
  }
};
