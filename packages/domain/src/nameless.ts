import type { ChatEvent, MessageSnapshot, SenderProfile } from './events/index.ts';
import { unreachable } from './unreachable.ts';

/** How somebody whose account was deleted is shown. The hyphen keeps the username apart from all that can be registered. */
export const nameless = { username: 'deleted-user', displayName: 'Deleted user', avatarUrl: null } as const;

/** What the SYSTEM message of a join or a leave says. */
export const noticeText = (name: string, what: 'joined' | 'left'): string => `${name} ${what} the room`;

/** The same text without the name, whoever it named. */
export const namelessNotice = (text: string): string =>
  noticeText(nameless.displayName, text.endsWith(noticeText('', 'left')) ? 'left' : 'joined');

/** A message of somebody whose account was deleted: what they wrote stays, what the system wrote about them loses the name. */
export const namelessMessage = (message: MessageSnapshot): MessageSnapshot => {
  const sender: SenderProfile = { ...message.sender, ...nameless, isOnline: false, lastSeenAt: null };
  return { ...message, sender, content: message.type === 'SYSTEM' ? namelessNotice(message.content) : message.content };
};

type NamedEvent = Extract<
  ChatEvent,
  { type: 'MessageSent' | 'MessageEdited' | 'MemberJoined' | 'MemberLeft' | 'MemberRemoved' }
>;

const isNamed = (event: ChatEvent): event is NamedEvent =>
  ['MessageSent', 'MessageEdited', 'MemberJoined', 'MemberLeft', 'MemberRemoved'].includes(event.type);

/** Whose names an event carries; `undefined` when it carries none that others get to see. */
export const namedIn = (event: ChatEvent): string | undefined => {
  if (!isNamed(event)) return undefined;
  return event.type === 'MessageSent' || event.type === 'MessageEdited'
    ? event.data.message.senderId
    : event.data.userId;
};

const hideNames = (event: NamedEvent): NamedEvent => {
  const { username, displayName } = nameless;
  switch (event.type) {
    case 'MessageSent':
      return { ...event, data: { ...event.data, message: namelessMessage(event.data.message) } };
    case 'MessageEdited':
      return { ...event, data: { ...event.data, message: namelessMessage(event.data.message) } };
    case 'MemberJoined': {
      const message = namelessMessage(event.data.message);
      return { ...event, data: { ...event.data, username, displayName, message } };
    }
    case 'MemberLeft': {
      const message = namelessMessage(event.data.message);
      return { ...event, data: { ...event.data, username, displayName, message } };
    }
    case 'MemberRemoved':
      return { ...event, data: { ...event.data, username } };
    default:
      return unreachable(event);
  }
};

/**
 * A stored event as it may be shown once the account behind `namedIn` was deleted: everything but the names stays,
 * what people have written included.
 */
export const withoutNames = (event: ChatEvent): ChatEvent => (isNamed(event) ? hideNames(event) : event);
