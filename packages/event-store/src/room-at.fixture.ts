import {
  type ChatEvent,
  changedMessageId,
  evolveMessage,
  evolveRoom,
  initialRoom,
  isRoomEvent,
  type MessageSnapshot,
  messageIn,
  type Room,
} from '@kuraxx/domain';

/** A room with all that was said in it, as of some event. */
export type RoomAt = {
  readonly room: Room;
  /** By id, in the order of sending; deleted ones stay, with `deletedAt`. None when there is no room (any more). */
  readonly messages: ReadonlyMap<string, MessageSnapshot>;
};

export const initialRoomAt = (): RoomAt => ({ room: initialRoom(), messages: new Map() });

const withChange = (messages: RoomAt['messages'], event: ChatEvent): RoomAt['messages'] => {
  const sent = messageIn(event);
  if (sent !== undefined) return messages.has(sent.id) ? messages : new Map(messages).set(sent.id, sent);
  const changed = messages.get(changedMessageId(event) ?? '');
  return changed === undefined ? messages : new Map(messages).set(changed.id, evolveMessage(changed, event));
};

/** What a room looks like after one more of its events: the meaning of "as of then", against which `readRoomAt` is held. */
export const evolveRoomAt = ({ room, messages }: RoomAt, event: ChatEvent, sequence: number): RoomAt => {
  const after = isRoomEvent(event) ? evolveRoom(room, event, sequence) : room;
  return { room: after, messages: after.status === 'open' ? withChange(messages, event) : new Map() };
};
