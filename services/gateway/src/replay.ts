import { type EventLog, parsePosition, Unavailable } from '@kuraxx/event-store';
import type { Outgoing } from '@kuraxx/file-links';
import type { Counts } from './counts.ts';
import type { History } from './history.ts';
import type { Limits } from './limits.ts';
import type { NameKeeper } from './name-keeper.ts';
import { type PlacedFrame, withPrev } from './placed-frame.ts';
import type { RoomChannel } from './room-channel.ts';
import type { Session } from './session.ts';
import { isSoon, within } from './within.ts';

type Needs = {
  readonly log: EventLog;
  readonly history: History;
  readonly names: NameKeeper;
  readonly outgoing: Outgoing;
  readonly limits: Limits;
  readonly counts: Counts;
};

/** The socket was closed, has left the room, or its user is no member any more. */
export class ReplayStopped extends Error {
  constructor() {
    super('the reader has gone');
    this.name = 'ReplayStopped';
  }
}

export type Reader = {
  readonly session: Session;
  readonly channel: RoomChannel;
  /** Whether it may still read on. */
  isEntitled(): boolean;
  /** Called in the same instant in which the last missed event was sent. */
  caughtUp(): void;
};

/**
 * Somebody may have seen, by another gateway, what has not reached this one: it is waited for, so that it is not sent twice.
 *
 * @returns false when the log itself has no such position
 */
const catchUpWith = async (sequence: number, channel: RoomChannel, needs: Needs): Promise<boolean> => {
  const { requestTimeoutMs, feedLagMs } = needs.limits;
  const hasCome = (): boolean => sequence <= channel.seen();
  if (await isSoon(hasCome, feedLagMs)) return true;
  if (sequence > (await within(needs.log.head(channel.partition), requestTimeoutMs, 'head of the log'))) return false;
  let last = 0;
  for await (const record of needs.log.readRoom(channel.roomId, { after: channel.seen(), upTo: sequence })) {
    last = record.position.sequence;
  }
  if (await isSoon(() => channel.seen() >= last, requestTimeoutMs)) return true;
  throw new Unavailable('the live feed is behind');
};

/**
 * Sends a socket the room's framed events after `since`, in order, until it has reached the live feed: from memory where the tail reaches
 * back, else from the history that all readers share. Each frame's `prev` is what this reader has seen before it. Waits while the socket has
 * too much unsent.
 *
 * @returns false when `since` is of another log, another partition or ahead of the log: history can't be given
 * @throws {ReplayStopped} @throws {Unavailable}
 */
export const replay = async (reader: Reader, since: string, needs: Needs): Promise<boolean> => {
  const { session, channel } = reader;
  const from = parsePosition(since);
  if (from === undefined || from.epoch !== channel.epoch || from.partition !== channel.partition) return false;
  if (!(await catchUpWith(from.sequence, channel, needs))) return false;
  let source: 'memory' | 'log' = 'memory';
  let at = from.sequence;
  let prev = since;

  /** @returns false when the socket has enough for now, and not all was sent */
  const sendAll = (frames: readonly PlacedFrame[]): boolean => {
    let sent = 0;
    session.cork(() => {
      for (const frame of frames) {
        if (session.unsentBytes() > needs.limits.replayUnsentBytes) return;
        session.send(needs.outgoing.bytes(withPrev(frame, prev).bytes, session.identity?.userId));
        at = frame.sequence;
        prev = frame.place.position;
        sent += 1;
      }
    });
    needs.counts.replayed += sent;
    return sent === frames.length;
  };

  let release = (): void => undefined;
  try {
    for (;;) {
      if (!reader.isEntitled()) throw new ReplayStopped();
      const recent = channel.tail.after(at);
      release(); // not before: what came during the read is in the tail
      if (recent !== undefined) {
        const shown = needs.names.shown(recent);
        if (shown === undefined) {
          await needs.names.learn(recent);
          continue; // the tail has moved on meanwhile
        }
        if (sendAll(shown)) {
          needs.counts.resumes[source] += 1;
          reader.caughtUp();
          return true;
        }
      } else {
        source = 'log';
        release = channel.tail.hold();
        const { frames, upTo } = await needs.history.read(channel.roomId, at, channel.seen());
        const shown = needs.names.shown(frames);
        if (shown === undefined) {
          await needs.names.learn(frames);
          continue;
        }
        if (!reader.isEntitled()) throw new ReplayStopped();
        if (sendAll(shown)) {
          at = Math.max(at, upTo);
          continue;
        }
        release();
      }
      await session.whenUnsentBelow(needs.limits.replayUnsentBytes);
    }
  } finally {
    release();
  }
};
