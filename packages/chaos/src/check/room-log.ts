import type { LogEvent } from './log-event.ts';
import { roomOf } from './log-event.ts';

/** A message as it is after everything that was done to it. */
export type FinalMessage = {
  readonly id: string;
  readonly senderId: string;
  readonly content: string;
  readonly editedAt: string | null;
  readonly isDeleted: boolean;
  readonly sequence: number;
};

/** One room as the log tells it. Written for the checker alone: it must not share the system's own mistakes. */
export type RoomLog = {
  readonly roomId: string;
  readonly events: readonly LogEvent[];
  /** Those that clients get as frames with a position. */
  readonly framed: readonly LogEvent[];
  /** Index in `framed` of the event at a position; -1 for one that is none. */
  indexOf(position: string): number;
  /** Index in `framed` of the last event up to a sequence; -1 without one. */
  indexUpTo(sequence: number): number;
  /** Whether the user is in the room right after the event at this sequence. */
  isMember(userId: string, sequence: number): boolean;
  /** Whether the user is in the room at any time from `from` until before `to`. */
  wasMember(userId: string, from: number, to: number): boolean;
  readonly members: ReadonlySet<string>;
  /** In the order of their positions. */
  readonly messages: readonly FinalMessage[];
  readonly isDeleted: boolean;
};

const framedTypes = new Set([
  'MessageSent',
  'MessageEdited',
  'MessageDeleted',
  'MemberJoined',
  'MemberLeft',
  'MemberRemoved',
]);

type Turn = { readonly sequence: number; readonly isIn: boolean };

/** Who comes and who goes by an event; `all`: everybody goes. */
const turnsOf = ({ event }: LogEvent): { came: string[]; went: string[] | 'all' } => {
  if (event.type === 'RoomCreated') return { came: event.data.members.map(({ userId }) => userId), went: [] };
  if (event.type === 'MemberAdded' || event.type === 'MemberJoined') return { came: [event.data.userId], went: [] };
  if (event.type === 'MemberRemoved' || event.type === 'MemberLeft') return { came: [], went: [event.data.userId] };
  return { came: [], went: event.type === 'RoomDeleted' ? 'all' : [] };
};

const finalMessages = (events: readonly LogEvent[]): FinalMessage[] => {
  const messages = new Map<string, FinalMessage>();
  for (const { event, sequence } of events) {
    if (event.type === 'MessageSent' || event.type === 'MemberJoined' || event.type === 'MemberLeft') {
      const { id, senderId, content, editedAt } = event.data.message;
      messages.set(id, { id, senderId, content, editedAt, isDeleted: false, sequence });
    } else if (event.type === 'MessageEdited') {
      const { id, content, editedAt } = event.data.message;
      const known = messages.get(id);
      if (known !== undefined && !known.isDeleted) messages.set(id, { ...known, content, editedAt });
    } else if (event.type === 'MessageDeleted') {
      const known = messages.get(event.data.messageId);
      if (known !== undefined) messages.set(known.id, { ...known, isDeleted: true });
    }
  }
  return [...messages.values()];
};

/** @param events of one room, in order */
export const createRoomLog = (roomId: string, events: readonly LogEvent[]): RoomLog => {
  const framed = events.filter(({ event }) => framedTypes.has(event.type));
  const indexes = new Map(framed.map(({ position }, index) => [position, index]));
  const turns = new Map<string, Turn[]>();
  const turn = (userId: string, sequence: number, isIn: boolean): void => {
    const list = turns.get(userId) ?? [];
    list.push({ sequence, isIn });
    turns.set(userId, list);
  };
  for (const event of events) {
    const { came, went } = turnsOf(event);
    for (const userId of went === 'all' ? turns.keys() : went) turn(userId, event.sequence, false);
    for (const userId of came) turn(userId, event.sequence, true);
  }
  const isMember = (userId: string, sequence: number): boolean =>
    turns.get(userId)?.findLast((one) => one.sequence <= sequence)?.isIn ?? false;
  const indexUpTo = (sequence: number): number => {
    let low = 0;
    let high = framed.length; // the first index whose event lies behind
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((framed[middle]?.sequence ?? 0) <= sequence) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  };
  return {
    roomId,
    events,
    framed,
    indexOf: (position) => indexes.get(position) ?? -1,
    indexUpTo,
    isMember,
    wasMember: (userId, from, to) =>
      isMember(userId, from) ||
      (turns.get(userId) ?? []).some(({ sequence, isIn }) => isIn && sequence > from && sequence < to),
    members: new Set([...turns.keys()].filter((userId) => isMember(userId, Number.POSITIVE_INFINITY))),
    messages: finalMessages(events),
    isDeleted: events.some(({ event }) => event.type === 'RoomDeleted'),
  };
};

/** The log by room. @param log in order within each partition */
export const roomLogsOf = (log: readonly LogEvent[]): ReadonlyMap<string, RoomLog> => {
  const rooms = new Map<string, LogEvent[]>();
  for (const event of log) {
    const roomId = roomOf(event);
    if (roomId === undefined || event.partition === 'accounts') continue;
    const events = rooms.get(roomId);
    if (events === undefined) rooms.set(roomId, [event]);
    else events.push(event);
  }
  return new Map([...rooms].map(([roomId, events]) => [roomId, createRoomLog(roomId, events)]));
};
