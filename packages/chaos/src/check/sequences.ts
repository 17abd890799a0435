import type { Recorded, RecordedOf } from '../history/records.ts';
import { type LogEvent, messageOf } from './log-event.ts';
import type { RoomLog } from './room-log.ts';
import type { Rule, Violation } from './violation.ts';

/** One room on one connection. */
type Follow = {
  readonly since: string | null;
  /** `asked`: missed events come. `live`: it was answered. */
  state: 'asked' | 'live';
  /** Index of the last event that was shown or is known to be seen. */
  cursor: number;
  /** What has come, for evidence: the last few. */
  readonly recent: Recorded[];
};

const recentRecords = 4;

const sequenceOf = (position: string): number => Number(position.slice(position.lastIndexOf('.') + 1));

/** Why a frame doesn't show the event whose position it carries. */
const misrepresents = (frame: RecordedOf<'frame'>, shown: LogEvent): string | undefined => {
  const { event } = shown;
  const type = {
    MessageSent: 'message:saved',
    MemberJoined: 'message:saved',
    MemberLeft: 'message:saved',
    MessageEdited: 'message:update',
    MessageDeleted: 'message:delete',
    MemberRemoved: 'room:leave',
  }[event.type as string];
  if (frame.frame !== type) return `a frame ${frame.frame} shows ${event.type}`;
  if (event.type === 'MessageDeleted') return event.data.messageId === frame.messageId ? undefined : 'another message';
  if (event.type === 'MemberRemoved') return event.data.userId === frame.userId ? undefined : 'another user';
  const message = messageOf(shown);
  return message?.id === frame.messageId && message?.content === frame.content ? undefined : 'another message or text';
};

/** Whether an event ends the user's membership. */
const endsMembership = (room: RoomLog, userId: string, { sequence }: LogEvent): boolean =>
  room.isMember(userId, sequence - 1) && !room.isMember(userId, sequence);

type Conn = { readonly userId: string; readonly follows: Map<string, Follow> };

/**
 * Rules `sequence` and `cut`: walks over every connection and compares what it was shown of each room, frame by frame, with
 * the log: positions and `prev`, content, where a join began, where a resume ended, who was in the room at that event.
 */
export const checkSequences = (history: readonly Recorded[], rooms: ReadonlyMap<string, RoomLog>): Violation[] => {
  const violations: Violation[] = [];
  const conns = new Map<number, Conn>();

  const say = (rule: Rule, what: string, follow: Follow | undefined, ...evidence: (Recorded | LogEvent)[]): void =>
    void violations.push({ rule, what, evidence: [...(follow?.recent ?? []), ...evidence] });

  const enter = (record: RecordedOf<'entered'>, conn: Conn, room: RoomLog): void => {
    const follow = conn.follows.get(record.roomId);
    if (follow === undefined) return say('sequence', 'a join was answered that nobody asked for', follow, record);
    const at = record.position === null ? -1 : room.indexUpTo(sequenceOf(record.position));
    if (record.reset) say('sequence', 'history was refused (reset) although the log has it', follow, record);
    else if (follow.since !== null && follow.cursor !== at) {
      const expected = room.framed.slice(follow.cursor + 1, at + 1);
      say(
        'sequence',
        'a resume was answered before all that was missed had come',
        follow,
        record,
        ...expected.slice(0, 3),
      );
    }
    const from = record.position === null ? 0 : sequenceOf(record.position);
    const next = room.framed[at + 1];
    if (!room.wasMember(conn.userId, from, next?.sequence ?? Number.POSITIVE_INFINITY)) {
      say('cut', 'somebody was let in who was not in the room', follow, record);
    }
    follow.state = 'live';
    follow.cursor = at;
    follow.recent.push(record);
  };

  const show = (frame: RecordedOf<'frame'>, conn: Conn, room: RoomLog): void => {
    const index = room.indexOf(frame.position);
    const shown = room.framed[index];
    const follow = conn.follows.get(frame.roomId);
    if (shown === undefined) return say('sequence', 'a frame has a position that the log does not have', follow, frame);
    if (frame.direct) {
      // the message as it is now: it may have been edited since
      if (messageOf(shown)?.id !== frame.messageId)
        say('sequence', 'a repeated send got another message', follow, frame, shown);
      return;
    }
    const wrong = misrepresents(frame, shown);
    if (wrong !== undefined)
      say('sequence', `a frame is not the event at its position: ${wrong}`, follow, frame, shown);
    const wasIn = room.isMember(conn.userId, shown.sequence) || room.isMember(conn.userId, shown.sequence - 1);
    if (follow === undefined) {
      if (wasIn) say('sequence', 'a frame of a room that this socket does not follow', follow, frame, shown);
      else say('cut', 'a frame reached somebody who was not in the room any more', follow, frame, shown);
      return;
    }
    if (follow.state === 'asked' && follow.since === null) {
      say('sequence', 'a frame came before the join was answered', follow, frame, shown);
    }
    // who comes back may read what happened while they were away, but only up to where they are in
    const isMissed = follow.state === 'asked';
    const mayRead = isMissed ? room.wasMember(conn.userId, shown.sequence - 1, Number.POSITIVE_INFINITY) : wasIn;
    if (!mayRead) say('cut', 'a frame reached somebody who was not in the room', follow, frame, shown);

    const before = room.framed[index - 1]?.position ?? null;
    if (index <= follow.cursor) say('sequence', 'a frame came again', follow, frame, shown);
    else if (index > follow.cursor + 1) {
      const missing = room.framed.slice(follow.cursor + 1, index);
      say('sequence', `${missing.length} frame(s) were left out`, follow, ...missing.slice(0, 3), frame);
    } else if (frame.prev !== before && !(isMissed && frame.prev === follow.since)) {
      say('sequence', 'prev is not the position of the frame before', follow, frame, shown);
    }
    follow.cursor = Math.max(follow.cursor, index);
    follow.recent.push(frame);
    if (follow.recent.length > recentRecords) follow.recent.shift();
    if (!isMissed && endsMembership(room, conn.userId, shown)) conn.follows.delete(frame.roomId);
  };

  const settle = (): void => {
    for (const [number, { userId, follows }] of conns) {
      for (const [roomId, follow] of follows) {
        const room = rooms.get(roomId);
        const missing = room?.framed.slice(follow.cursor + 1) ?? [];
        if (follow.state !== 'live' || missing.length === 0) continue;
        say(
          'sequence',
          `${missing.length} frame(s) never came (connection ${number} of ${userId})`,
          follow,
          ...missing.slice(0, 3),
        );
      }
    }
  };

  for (const record of history) {
    if (record.type === 'opened') conns.set(record.conn, { userId: record.userId, follows: new Map() });
    else if (record.type === 'closed') conns.delete(record.conn);
    else if (record.type === 'phase' && record.phase === 'quiet') settle();
    if (!('conn' in record) || !('roomId' in record)) continue;
    const conn = conns.get(record.conn);
    const room = rooms.get(record.roomId);
    if (conn === undefined || room === undefined) continue;
    if (record.type === 'asked') {
      const { since } = record;
      const cursor = since === null ? -1 : room.indexUpTo(sequenceOf(since));
      conn.follows.set(record.roomId, { since, state: 'asked', cursor, recent: [record] });
    } else if (record.type === 'entered') enter(record, conn, room);
    else if (record.type === 'frame') show(record, conn, room);
    else conn.follows.delete(record.roomId); // left, turned away
  }
  return violations;
};
