import type { ChatEvent, EventType, MessageSnapshot } from '../events/index.ts';

const messageTypes = ['MessageSent', 'MemberJoined', 'MemberLeft'] as const satisfies EventType[];
type MessageType = (typeof messageTypes)[number];

/** Whether events of a type bring a message: one that was sent, or the notice of a join or a leave. */
export const isMessageType = (type: EventType): type is MessageType => messageTypes.some((known) => known === type);

const bringsMessage = (event: ChatEvent): event is Extract<ChatEvent, { type: MessageType }> =>
  isMessageType(event.type);

/** The message that an event of a room brings. */
export const messageIn = (event: ChatEvent): MessageSnapshot | undefined =>
  bringsMessage(event) ? event.data.message : undefined;

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
