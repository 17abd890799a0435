import { createHash } from 'node:crypto';
import { type ChatEvent, type MessageSnapshot, noticeText, type SenderProfile } from '@kuraxx/domain';
import type { Subject } from '@kuraxx/event-store';

/** An event with the place where the log keeps it. */
export type Entry = { readonly subject: Subject; readonly event: ChatEvent };

const rooms = 200;
const membersPerRoom = 10;
const firstAt = Date.parse('2026-01-02T03:04:05.678Z');
const words = 'the tide turns before anybody on the pier has finished the coffee that somebody made at dawn and left';

/** Ids as ours look: nothing in them rises with time, so that each lands anywhere in an index. */
const idOf = (what: string, number: number): string => {
  const hex = createHash('md5').update(`${what} ${number}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
};
const at = (number: number): string => new Date(firstAt + number * 250).toISOString();

const subjectOf = (roomId: string, aspect: 'meta' | 'msg' | 'edit'): Subject => ({ kind: 'room', roomId, aspect });

const profileOf = (id: string): SenderProfile => ({
  id,
  username: `user-${id.slice(0, 8)}`,
  displayName: `User ${id.slice(0, 8)}`,
  avatarUrl: null,
  isOnline: true,
  lastSeenAt: null,
});

/** Made once: in the load beside a measured projection each id would cost as much as the append itself. */
const roomIds = Array.from({ length: rooms }, (_, number) => idOf('room', number));
const profiles = Array.from({ length: rooms * membersPerRoom }, (_, number) => profileOf(idOf('user', number)));
const pick = <T>(all: readonly T[], number: number): T => {
  const one = all[number % all.length];
  if (one === undefined) throw new Error('nothing to pick from');
  return one;
};
const roomIdOf = (number: number): string => pick(roomIds, number);
const userOf = (number: number): SenderProfile => pick(profiles, number);

const messageOf = (number: number, change: Partial<MessageSnapshot> = {}): MessageSnapshot => {
  const sender = userOf(number * 7);
  return {
    id: idOf('message', number),
    content: `${number}: ${words.slice(0, 10 + ((number * 13) % 90))}`,
    type: 'TEXT',
    status: 'SENT',
    roomId: roomIdOf(number),
    senderId: sender.id,
    replyToId: null,
    editedAt: null,
    deletedAt: null,
    createdAt: at(number),
    updatedAt: at(number),
    sender,
    attachments: [],
    replyTo: null,
    ...change,
  };
};

const joined = (number: number): Entry => {
  const [roomId, userId] = [roomIdOf(number), idOf('guest', number)];
  const { username, displayName } = profileOf(userId);
  const content = noticeText(displayName, 'joined');
  const message = messageOf(number, { type: 'SYSTEM', content, senderId: userId, sender: profileOf(userId) });
  return {
    subject: subjectOf(roomId, 'meta'),
    event: {
      type: 'MemberJoined',
      data: {
        roomId,
        membershipId: idOf('membership', number),
        userId,
        username,
        displayName,
        message,
        at: at(number),
      },
    },
  };
};

const edited = (target: number, number: number): Entry => {
  const change = { content: `${target}, as of ${number}`, editedAt: at(number), updatedAt: at(number) };
  const message = messageOf(target, change);
  return { subject: subjectOf(message.roomId, 'edit'), event: { type: 'MessageEdited', data: { message } } };
};

const deleted = (target: number, number: number): Entry => {
  const { id, roomId, senderId } = messageOf(target);
  return {
    subject: subjectOf(roomId, 'edit'),
    event: { type: 'MessageDeleted', data: { messageId: id, roomId, by: senderId, at: at(number) } },
  };
};

/**
 * The event with a number, always the same: of a hundred, 95 messages, two joins, two edits and a deletion, in 200 rooms. What is changed
 * lies half of the log back, so that it is no longer in the memory of anybody.
 */
export const entryOf = (number: number): Entry => {
  // even numbers are messages
  const earlier = 4 * Math.floor(number / 8);
  if (number % 100 === 99) return deleted(earlier + 2, number);
  if (number % 50 === 25 && number > 8) return edited(earlier, number);
  if (number % 50 === 49) return joined(number);
  if (number % 100 === 51) return joined(number);
  const message = messageOf(number);
  return { subject: subjectOf(message.roomId, 'msg'), event: { type: 'MessageSent', data: { message } } };
};

/** What comes before all that: users, and rooms with ten of them each. */
export const openingEntries = (): Entry[] => {
  const users = profiles.map(
    ({ id: userId, username, displayName }): Entry => ({
      subject: { kind: 'account', userId },
      event: { type: 'UserRegistered', data: { userId, username, displayName, at: at(0) } },
    }),
  );
  const opened = Array.from({ length: rooms }, (_, number): Entry => {
    const roomId = roomIdOf(number);
    const members = Array.from({ length: membersPerRoom }, (_unused, index) => ({
      membershipId: idOf('founder', number * membersPerRoom + index),
      userId: userOf(number * membersPerRoom + index).id,
      role: index === 0 ? ('OWNER' as const) : ('MEMBER' as const),
    }));
    return {
      subject: subjectOf(roomId, 'meta'),
      event: {
        type: 'RoomCreated',
        data: {
          roomId,
          name: `Room ${number}`,
          description: null,
          type: 'PUBLIC',
          topics: ['sail'],
          hasPasscode: false,
          createdById: userOf(number * membersPerRoom).id,
          members,
          at: at(0),
        },
      },
    };
  });
  return [...users, ...opened];
};
