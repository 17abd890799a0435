import type { ChatEvent, MessageSnapshot } from '../events/index.ts';

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
