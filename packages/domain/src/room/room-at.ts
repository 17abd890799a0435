import type { ChatEvent, MessageSnapshot } from '../events/index.ts';
import { isRoomEvent } from '../events/index.ts';
import { evolveRoom, initialRoom, type Room } from './room.ts';

/** A room with all that was said in it, as of some event. For looking back; nothing is decided on it. */
export type RoomAt = {
  readonly room: Room;
  /** By id, in the order of sending; deleted ones stay, with `deletedAt`. None when there is no room (any more). */
  readonly messages: ReadonlyMap<string, MessageSnapshot>;
};

export const initialRoomAt = (): RoomAt => ({ room: initialRoom(), messages: new Map() });

/** The message that an event of a room brings: one that was sent, or the notice of a join or a leave. */
export const messageIn = (event: ChatEvent): MessageSnapshot | undefined =>
  event.type === 'MessageSent' || event.type === 'MemberJoined' || event.type === 'MemberLeft'
    ? event.data.message
    : undefined;

/** A message after an edit or a deletion of it; whatever else happens leaves it as it is. What is deleted stays as it was. */
export const evolveMessage = (message: MessageSnapshot, event: ChatEvent): MessageSnapshot => {
  if (message.deletedAt !== null) return message;
  if (event.type === 'MessageEdited' && event.data.message.id === message.id) {
    const { content, editedAt, updatedAt } = event.data.message;
    return { ...message, content, editedAt, updatedAt };
  }
  if (event.type === 'MessageDeleted' && event.data.messageId === message.id) {
    return { ...message, deletedAt: event.data.at, updatedAt: event.data.at };
  }
  return message;
};

/** The message that an edit or a deletion is about. */
export const changedMessageId = (event: ChatEvent): string | undefined => {
  if (event.type === 'MessageEdited') return event.data.message.id;
  return event.type === 'MessageDeleted' ? event.data.messageId : undefined;
};

const withChange = (messages: RoomAt['messages'], event: ChatEvent): RoomAt['messages'] => {
  const sent = messageIn(event);
  if (sent !== undefined) return messages.has(sent.id) ? messages : new Map(messages).set(sent.id, sent);
  const changed = messages.get(changedMessageId(event) ?? '');
  return changed === undefined ? messages : new Map(messages).set(changed.id, evolveMessage(changed, event));
};

/** What a room looks like after one more of its events: the meaning of "as of then". It grows with the room, see `readRoomAt`. */
export const evolveRoomAt = ({ room, messages }: RoomAt, event: ChatEvent, sequence: number): RoomAt => {
  const after = isRoomEvent(event) ? evolveRoom(room, event, sequence) : room;
  return { room: after, messages: after.status === 'open' ? withChange(messages, event) : new Map() };
};
