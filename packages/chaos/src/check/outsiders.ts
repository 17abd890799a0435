import { type Recorded, recordsOf } from '../history/records.ts';
import type { LogEvent } from './log-event.ts';
import type { RoomLog } from './room-log.ts';
import type { Violation } from './violation.ts';

/** A time in which a user was certainly not in a room: from an answer that said so until they began to come back. */
type Outside = {
  readonly userId: string;
  readonly roomId: string;
  readonly from: number;
  readonly to: number;
  readonly because: LogEvent;
};

const wentBy = ({ event }: LogEvent): string | undefined =>
  event.type === 'MemberRemoved' || event.type === 'MemberLeft' ? event.data.userId : undefined;
const cameBy = ({ event }: LogEvent): string | undefined =>
  event.type === 'MemberAdded' || event.type === 'MemberJoined' ? event.data.userId : undefined;

const outsidesOf = (room: RoomLog, answeredAt: ReadonlyMap<string, number>): Outside[] =>
  room.events.flatMap((because, index): Outside[] => {
    const userId = wentBy(because);
    const from = answeredAt.get(because.position);
    if (userId === undefined || from === undefined) return [];
    const back = room.events.slice(index + 1).find((event) => cameBy(event) === userId);
    return [{ userId, roomId: room.roomId, from, to: back?.time ?? Number.POSITIVE_INFINITY, because }];
  });

/**
 * Rule `cut`, over REST and sockets alike: what is asked by somebody after an answer has said that they are out, and answered before they
 * begin to come back, is neither shown nor taken.
 */
export const checkOutsiders = (history: readonly Recorded[], rooms: ReadonlyMap<string, RoomLog>): Violation[] => {
  const writes = new Map(recordsOf(history, 'write').map((write) => [write.op, write]));
  const answeredAt = new Map<string, number>();
  for (const { outcome, position, at } of recordsOf(history, 'attempt')) {
    if (outcome === 'acknowledged' && position !== undefined && !answeredAt.has(position)) answeredAt.set(position, at);
  }
  const outsides = [...rooms.values()].flatMap((room) => outsidesOf(room, answeredAt));
  const outside = (userId: string, roomId: string, askedAt: number, endedAt: number): Outside | undefined =>
    outsides.find((one) => one.userId === userId && one.roomId === roomId && askedAt > one.from && endedAt < one.to);

  const shown = recordsOf(history, 'read').flatMap((read): Violation[] => {
    const { userId, roomId, askedAt, at, status } = read;
    const found = status === 200 ? outside(userId, roomId, askedAt, at) : undefined;
    if (found === undefined) return [];
    return [
      { rule: 'cut', what: 'history was shown to somebody who was not in the room', evidence: [found.because, read] },
    ];
  });
  const taken = recordsOf(history, 'attempt').flatMap((attempt): Violation[] => {
    const asked = writes.get(attempt.op);
    if (asked?.write.kind !== 'send' || attempt.outcome !== 'acknowledged' || attempt.position === undefined) return [];
    const room = rooms.get(asked.write.roomId);
    const stored = room?.events.find(({ position }) => position === attempt.position);
    // a repeated send names the first one, which may be older than the removal
    const found =
      stored && outside(asked.userId, asked.write.roomId, Math.min(attempt.askedAt, stored.time), attempt.at);
    if (found === undefined) return [];
    return [
      {
        rule: 'cut',
        what: 'a message was taken from somebody who was not in the room',
        evidence: [found.because, asked, attempt],
      },
    ];
  });
  return [...shown, ...taken];
};
