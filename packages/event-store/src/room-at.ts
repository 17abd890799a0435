import {
  changedMessageId,
  evolveMessage,
  evolveRoom,
  initialRoom,
  isMessageType,
  isRoomEvent,
  type MessageSnapshot,
  messageIn,
  type Room,
} from '@kuraxx/domain';
import { decodeRecord } from './codec.ts';
import type { EventLog, LogRecord } from './ports.ts';

/** Looking back would read more events than it may. */
export class TooManyEvents extends Error {
  constructor(max: number) {
    super(`more than ${max} events would have to be read`);
    this.name = 'TooManyEvents';
  }
}

export type PastRoom = {
  readonly room: Room;
  /** Newest first; those that were deleted by then are left out. */
  readonly messages: readonly MessageSnapshot[];
  /** For the page before this one; undefined: there is none. */
  readonly before: number | undefined;
};

type PastLog = Pick<EventLog, 'readRoom' | 'readSubject'>;

/** The first stretch that is looked at for the last messages; each next one is so many times longer. */
const firstStretch = 256;
const stretchFactor = 8;

/** Is called for each event that is read. @throws {TooManyEvents} when they are too many */
export type Budget = () => void;

/** For all that is read for one answer together. */
export const createBudget = (max: number): Budget => {
  let left = max;
  return () => {
    left -= 1;
    if (left < 0) throw new TooManyEvents(max);
  };
};

const unbounded: Budget = () => undefined;

/** Whether an event brings a message, by its type alone. One of a type that this build doesn't know may: decoded it is refused. */
const mayBringMessage = ({ type }: LogRecord): boolean => type === undefined || isMessageType(type);

/**
 * What a room was like after its events up to a sequence: the fold of those, of whose messages a page is kept. Memory is bounded
 * by the members and the page, also when there are millions of messages.
 *
 * @param page.before only messages whose events come before this sequence
 * @param page.spend bounds how many events are read; nothing by default
 * @throws {TooManyEvents} @throws {Unavailable}
 * @throws {UnreadableEvent} when one of the events can't be read by this build: what it means is not known
 */
export const readRoomAt = async (
  log: PastLog,
  roomId: string,
  page: {
    readonly upTo: number;
    readonly before?: number | undefined;
    readonly limit: number;
    readonly spend?: Budget;
  },
): Promise<PastRoom> => {
  const { upTo, before = upTo + 1, limit, spend = unbounded } = page;

  let room = initialRoom();
  let madeAt = 0;
  for await (const record of log.readSubject({ kind: 'room', roomId, aspect: 'meta' })) {
    const { sequence } = record.position;
    if (sequence > upTo) break;
    spend();
    const event = decodeRecord(record);
    if (!isRoomEvent(event)) continue;
    const wasAbsent = room.status === 'absent';
    room = evolveRoom(room, event, sequence);
    if (wasAbsent && room.status === 'open') madeAt = sequence;
  }
  if (room.status !== 'open') return { room, messages: [], before: undefined };

  const end = Math.min(upTo, before - 1);
  /** One more than asked for: it tells that there is a page before. */
  const lastMessages = async (): Promise<LogRecord[]> => {
    const wanted = limit + 1;
    let found: LogRecord[] = [];
    let reached = end;
    for (let stretch = firstStretch; reached > madeAt && found.length < wanted; stretch *= stretchFactor) {
      const after = Math.max(madeAt, end - stretch);
      const earlier: LogRecord[] = [];
      for await (const record of log.readRoom(roomId, { after, upTo: reached })) {
        spend();
        if (!mayBringMessage(record)) continue;
        earlier.push(record);
        if (earlier.length >= 2 * wanted) earlier.splice(0, wanted); // now and then, so that a long stretch isn't kept
      }
      found = [...earlier, ...found].slice(-wanted);
      reached = after;
    }
    return found;
  };
  const found = await lastMessages();
  const shown = found.slice(-limit);
  const [first] = shown;
  if (first === undefined) return { room, messages: [], before: undefined };

  const messages = new Map<string, MessageSnapshot>();
  for (const record of shown) {
    const message = messageIn(decodeRecord(record));
    if (message !== undefined && !messages.has(message.id)) messages.set(message.id, message);
  }
  for await (const record of log.readSubject({ kind: 'room', roomId, aspect: 'edit' }, first.position.sequence)) {
    if (record.position.sequence > upTo) break;
    spend();
    const event = decodeRecord(record);
    const message = messages.get(changedMessageId(event) ?? '');
    if (message !== undefined) messages.set(message.id, evolveMessage(message, event));
  }
  return {
    room,
    messages: [...messages.values()].filter(({ deletedAt }) => deletedAt === null).toReversed(),
    before: found.length > limit ? first.position.sequence : undefined,
  };
};

/**
 * Where a room's log was at a time: everything up to its first event of a later time.
 *
 * @param time ISO 8601 in UTC with milliseconds
 * @param spend bounds how many events are read; nothing by default
 * @returns the sequence of the last event by then; 0 when there was none
 * @throws {TooManyEvents} @throws {Unavailable}
 */
export const findSequenceAt = async (
  log: Pick<PastLog, 'readRoom'>,
  roomId: string,
  time: string,
  spend: Budget = unbounded,
): Promise<number> => {
  let last = 0;
  for await (const record of log.readRoom(roomId, { after: 0, upTo: Number.MAX_SAFE_INTEGER })) {
    if (record.time > time) break;
    spend();
    last = record.position.sequence;
  }
  return last;
};
