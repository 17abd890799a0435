import { setTimeout as delay } from 'node:timers/promises';
import { isFramed } from '@kuraxx/domain';
import { type EventLog, formatPosition, type LogRecord, parsePosition, Unavailable } from '@kuraxx/event-store';
import { frameOf } from './event-frame.ts';
import type { Limits } from './limits.ts';
import type { RoomChannel } from './room-channel.ts';
import type { Session } from './session.ts';
import { within } from './within.ts';

type Needs = { readonly log: EventLog; readonly limits: Limits };

/** The socket was closed, or its user is no member any more. */
export class ReplayStopped extends Error {
  constructor() {
    super('the reader has gone');
    this.name = 'ReplayStopped';
  }
}

const requireReader = (session: Session, channel: RoomChannel, userId: string): void => {
  if (session.closed || session.identity?.userId !== userId || !channel.isMember(userId)) throw new ReplayStopped();
};

/** Waits a moment for `isTrue`, polling: it is rare and short, and needs no bookkeeping elsewhere. */
const waitUntil = async (isTrue: () => boolean, timeoutMs: number): Promise<void> => {
  const deadlineMs = Date.now() + timeoutMs;
  while (!isTrue()) {
    if (Date.now() > deadlineMs) throw new Unavailable('the live feed is behind');
    await delay(5);
  }
};

/**
 * Somebody may have seen, by another gateway, what has not reached this one: it is waited for, so that it is not sent twice.
 *
 * @returns false when the log itself has no such position
 */
const catchUpWith = async (sequence: number, channel: RoomChannel, needs: Needs): Promise<boolean> => {
  if (sequence <= channel.seen()) return true;
  const { requestTimeoutMs } = needs.limits;
  if (sequence > (await within(needs.log.head(channel.partition), requestTimeoutMs, 'head of the log'))) return false;
  let last = 0;
  for await (const record of needs.log.readRoom(channel.roomId, { after: channel.seen(), upTo: sequence })) {
    last = record.position.sequence;
  }
  await waitUntil(() => channel.seen() >= last, requestTimeoutMs);
  return true;
};

/**
 * Sends a socket the room's framed events after `since`, in order, until it has reached the live feed. The last part is
 * sent synchronously: who subscribes directly after the returned promise's continuation has neither gap nor double.
 *
 * @returns false when `since` is of another log, another partition or ahead of the log: history can't be given
 * @throws {ReplayStopped} @throws {Unavailable}
 */
export const replay = async (
  session: Session,
  userId: string,
  channel: RoomChannel,
  since: string,
  needs: Needs,
  /** Called in the same instant in which the last missed event was sent. */
  caughtUp: () => void,
): Promise<boolean> => {
  const from = parsePosition(since);
  if (from === undefined || from.epoch !== channel.epoch || from.partition !== channel.partition) return false;
  if (!(await catchUpWith(from.sequence, channel, needs))) return false;
  let at = from.sequence;
  let prev = since;

  const sendRecord = (record: LogRecord): void => {
    at = record.position.sequence;
    if (record.type === undefined || !isFramed(record.type)) return;
    const frame = frameOf(record, channel.roomId, prev);
    if (frame === undefined) return;
    prev = formatPosition(record.position);
    session.send(frame.bytes);
  };

  const release = channel.tail.hold();
  try {
    for (;;) {
      requireReader(session, channel, userId);
      const rest = channel.tail.after(at);
      if (rest !== undefined) {
        for (const frame of rest) session.send(frame.bytes);
        caughtUp();
        return true;
      }
      const upTo = channel.seen();
      for await (const record of needs.log.readRoom(channel.roomId, { after: at, upTo })) {
        requireReader(session, channel, userId);
        sendRecord(record);
        while (session.unsentBytes() > needs.limits.replayUnsentBytes) {
          await delay(10);
          requireReader(session, channel, userId);
        }
      }
      at = Math.max(at, upTo);
    }
  } finally {
    release();
  }
};
