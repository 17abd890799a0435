import { type ChatEvent, type MessageSnapshot, newMessage } from '@kuraxx/domain';
import type { Happening, Recorded, Shown } from '../history/records.ts';
import type { Recording } from './check.ts';
import type { LogEvent } from './log-event.ts';

// A small run in which all went well. Tests break one thing of it each.

export const [ann, bob, cem] = ['ann', 'bob', 'cem'];
export const roomId = 'room';
/** The time of the event at a sequence. */
export const timeAt = (sequence: number): number => 1_000_000 + sequence * 100;
const iso = (sequence: number): string => new Date(timeAt(sequence)).toISOString();
export const at = (sequence: number): string => `e.0.${sequence}`;

export const message = (sequence: number, senderId: string, content: string, id = `m${sequence}`): MessageSnapshot =>
  newMessage({
    messageId: id,
    roomId,
    content,
    type: 'TEXT',
    sender: {
      id: senderId,
      username: senderId,
      displayName: senderId,
      avatarUrl: null,
      isOnline: true,
      lastSeenAt: null,
    },
    replyTo: null,
    at: iso(sequence),
  });

export const logged = (sequence: number, event: ChatEvent, via?: string): LogEvent => ({
  position: at(sequence),
  partition: '0',
  sequence,
  eventId: `id ${sequence}`,
  time: timeAt(sequence),
  via,
  event,
});

export const sent = (sequence: number, by: string, content: string, tempId: string, via?: string): LogEvent =>
  logged(sequence, { type: 'MessageSent', data: { message: message(sequence, by, content), tempId } }, via);

export const removed = (sequence: number, userId: string, by: string): LogEvent =>
  logged(sequence, { type: 'MemberRemoved', data: { roomId, userId, username: userId, by, at: iso(sequence) } });

export const joined = (sequence: number, userId: string): LogEvent =>
  logged(sequence, {
    type: 'MemberJoined',
    data: {
      roomId,
      membershipId: `membership ${sequence}`,
      userId,
      username: userId,
      displayName: userId,
      message: message(sequence, userId, `${userId} joined the room`),
      at: iso(sequence),
    },
  });

const members = [ann, bob, cem].map((userId) => ({
  membershipId: `membership of ${userId}`,
  userId,
  role: userId === ann ? ('OWNER' as const) : ('MEMBER' as const),
}));

/** Created; two messages, the second by a socket; an edit and a deletion; bob is removed and comes again; a last message. */
export const goodLog: readonly LogEvent[] = [
  logged(1, {
    type: 'RoomCreated',
    data: {
      roomId,
      name: null,
      description: null,
      type: 'PUBLIC',
      topics: [],
      hasPasscode: false,
      createdById: ann,
      members,
      at: iso(1),
    },
  }),
  sent(2, ann, 'one', 't2'),
  sent(3, bob, 'two', 't3', 'ws'),
  logged(4, { type: 'MessageEdited', data: { message: { ...message(2, ann, 'one, edited'), editedAt: iso(4) } } }),
  logged(5, { type: 'MessageDeleted', data: { messageId: 'm3', roomId, by: ann, at: iso(5) } }),
  removed(6, bob, ann),
  sent(7, ann, 'three', 't7'),
  joined(8, bob),
  sent(9, cem, 'four', 't9'),
];

/** The frame of an event of `goodLog` on a connection. */
export const shown = (conn: number, sequence: number, prev: number | null): Happening => {
  const place = {
    type: 'frame',
    conn,
    roomId,
    position: at(sequence),
    prev: prev === null ? null : at(prev),
    direct: false,
  } as const;
  const event = goodLog[sequence - 1]?.event;
  if (event?.type === 'MessageDeleted') return { ...place, frame: 'message:delete', messageId: event.data.messageId };
  if (event?.type === 'MemberRemoved') return { ...place, frame: 'room:leave', userId: event.data.userId };
  if (event === undefined || !('message' in event.data)) throw new Error(`no frame for ${sequence}`);
  const { id, content } = event.data.message;
  const frame = event.type === 'MessageEdited' ? 'message:update' : 'message:saved';
  return { ...place, frame, messageId: id, content };
};

const attempt = (op: number, sequence: number | undefined, messageId?: string): Happening => ({
  type: 'attempt',
  op,
  over: 'rest 0',
  askedAt: 0,
  outcome: 'acknowledged',
  said: '201',
  position: sequence === undefined ? undefined : at(sequence),
  messageId,
});

const heard = (channel: string, data: unknown, sequence: number): Happening => ({
  type: 'heard',
  consumer: 'consumer',
  channel,
  text: JSON.stringify({ channel, data, timestamp: timeAt(sequence) }),
});

// The contract wants UUIDs, in which the tests' names would not be read
const uuid = (name: string): string =>
  `00000000-0000-4000-8000-${Buffer.from(name).toString('hex').padStart(12, '0').slice(0, 12)}`;

/** The log and the rooms of it under UUIDs, for what is parsed by the contract. */
export const withUuids = (log: readonly LogEvent[]): LogEvent[] => {
  const names = ['room', 'ann', 'bob', 'cem', ...log.map(({ sequence }) => `m${sequence}`)];
  const replace = (text: string): string =>
    names.reduce((all, name) => all.replaceAll(`"${name}"`, `"${uuid(name)}"`), text);
  return log.map((event) => ({ ...event, event: JSON.parse(replace(JSON.stringify(event.event))) }));
};

/** What a Redis consumer hears of an event, in order. */
export const mirrored = ({ event, via, sequence }: LogEvent): Happening[] => {
  if (event.type === 'MessageSent') {
    const { message: saved, tempId } = event.data;
    const { content, type, senderId, sender } = saved;
    const data = {
      roomId: saved.roomId,
      content,
      type,
      tempId,
      senderId,
      senderUsername: sender.username,
      timestamp: timeAt(sequence),
    };
    const stored = heard('messages:saved', { message: saved, roomId: saved.roomId, tempId }, sequence);
    return via === 'ws' ? [heard('messages:new', data, sequence), stored] : [stored];
  }
  if (event.type === 'MessageEdited') {
    return [heard('messages:update', { message: event.data.message, roomId: event.data.message.roomId }, sequence)];
  }
  if (event.type === 'MessageDeleted') {
    const { messageId, roomId: room } = event.data;
    return [heard('messages:delete', { messageId, roomId: room }, sequence)];
  }
  if (event.type === 'MemberJoined') {
    const { roomId: room, userId, username, displayName, message: saved } = event.data;
    return [
      heard('messages:saved', { message: saved, roomId: room }, sequence),
      heard('room:join', { roomId: room, userId, username, displayName }, sequence),
    ];
  }
  if (event.type !== 'MemberRemoved') return [];
  const { roomId: room, userId, username } = event.data;
  return [heard('room:leave', { roomId: room, userId, username }, sequence)];
};

export const record = (happenings: readonly Happening[]): Recorded[] =>
  happenings.map((happening, n) => ({ ...happening, n, at: timeAt(n) }));

export const goodWrites: readonly Happening[] = [
  { type: 'write', op: 1, userId: ann, write: { kind: 'send', roomId, tempId: 't2', content: 'one' } },
  attempt(1, 2, 'm2'),
  { type: 'write', op: 2, userId: bob, write: { kind: 'send', roomId, tempId: 't3', content: 'two' } },
  attempt(2, 3, 'm3'),
  { type: 'write', op: 3, userId: ann, write: { kind: 'edit', roomId, messageId: 'm2', content: 'one, edited' } },
  attempt(3, 4, 'm2'),
  { type: 'write', op: 4, userId: ann, write: { kind: 'delete', roomId, messageId: 'm3' } },
  attempt(4, 5),
  { type: 'write', op: 5, userId: ann, write: { kind: 'remove', roomId, target: bob } },
  attempt(5, 6),
  { type: 'write', op: 6, userId: bob, write: { kind: 'join', roomId } },
  attempt(6, 8),
];

/** Cem is there all the time (connection 1). Bob (2) follows, is removed, comes back and reads what he missed. */
export const goodSockets: readonly Happening[] = [
  { type: 'opened', conn: 1, device: 0, userId: cem, gateway: 0 },
  { type: 'asked', conn: 1, roomId, since: null },
  { type: 'entered', conn: 1, roomId, position: at(1), reset: false },
  { type: 'opened', conn: 2, device: 1, userId: bob, gateway: 0 },
  { type: 'asked', conn: 2, roomId, since: null },
  { type: 'entered', conn: 2, roomId, position: at(2), reset: false },
  shown(1, 2, null),
  ...[3, 4, 5, 6].flatMap((sequence) => [shown(1, sequence, sequence - 1), shown(2, sequence, sequence - 1)]),
  shown(1, 7, 6),
  shown(1, 8, 7),
  { type: 'asked', conn: 2, roomId, since: at(6) },
  shown(2, 7, 6),
  shown(2, 8, 7),
  { type: 'entered', conn: 2, roomId, position: at(8), reset: false },
  shown(1, 9, 8),
  shown(2, 9, 8),
  { type: 'phase', phase: 'quiet' },
];

const goodPages: readonly Shown[] = [
  { id: 'm9', content: 'four', senderId: cem, editedAt: null },
  { id: 'm8', content: 'bob joined the room', senderId: bob, editedAt: null },
  { id: 'm7', content: 'three', senderId: ann, editedAt: null },
  { id: 'm2', content: 'one, edited', senderId: ann, editedAt: iso(4) },
];

/** Everything that was recorded of the good run. */
export const goodRecording: Recording = {
  history: record([
    ...goodWrites,
    ...goodSockets,
    { type: 'pages', userId: ann, roomId, messages: goodPages },
    { type: 'pages', userId: bob, roomId, messages: goodPages },
  ]),
  log: goodLog,
  rows: {
    messages: [
      [2, ann, 'one, edited', true],
      [3, bob, '', false],
      [7, ann, 'three', false],
      [8, bob, 'bob joined the room', false],
      [9, cem, 'four', false],
    ].map(([sequence, senderId, content, isEdited]) => ({
      id: `m${sequence}`,
      roomId,
      sequence: Number(sequence),
      senderId: String(senderId),
      content: String(content),
      isEdited: isEdited === true,
      isDeleted: sequence === 3,
    })),
    members: [ann, bob, cem].map((userId) => ({ roomId, userId })),
    rooms: [{ id: roomId, messageCount: 5, memberCount: 3 }],
    users: [],
  },
  serving: new Map([['messages', ['{"id": 1}', '{"id": 2}']]]),
  replayed: new Map([['messages', ['{"id": 1}', '{"id": 2}']]]),
};
