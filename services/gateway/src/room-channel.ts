import { decodeRecord, type EventLog, formatPosition, type LogRecord } from '@kuraxx/event-store';
import type { Outgoing } from '@kuraxx/file-links';
import type { Tracing } from '@kuraxx/runtime';
import type { RoomSignal } from '@kuraxx/signals';
import type { Logger } from 'pino';
import type { Audience } from './audience.ts';
import type { Counts } from './counts.ts';
import { tryFrameOf } from './event-frame.ts';
import { readRoomFacts } from './membership.ts';
import { membershipChangeOf } from './membership-change.ts';
import { encodeFrame } from './server-frame.ts';
import type { Session } from './session.ts';
import type { Tail, Tails } from './tail.ts';

/** One followed room in this process: its live feed, its members, its local sockets. */
export type RoomChannel = {
  readonly roomId: string;
  readonly epoch: string;
  readonly partition: number;
  readonly audience: Audience;
  readonly tail: Tail;
  /** Exact as of `seen()`. */
  isMember(userId: string): boolean;
  /** Every event of the room up to this sequence has been handled. */
  seen(): number;
  /** The room's position now: that of its last framed event; before the first one, where following began. */
  position(): string;
  stop(): void;
};

export type ChannelDependencies = {
  readonly log: EventLog;
  readonly audienceOf: (roomId: string) => Audience;
  /** @returns how to stop */
  readonly followSignals: (roomId: string, listener: (signal: RoomSignal) => void) => () => void;
  readonly tails: Tails;
  /** Signs links to files; in what all get they name nobody. */
  readonly outgoing: Outgoing;
  readonly counts: Counts;
  readonly tracing: Tracing | undefined;
  readonly logger: Logger;
  /** Takes a socket out of the room: its user is no member any more. */
  readonly cut: (session: Session, roomId: string) => void;
};

/**
 * Follows a room. Events become frames once, in order, and go to the room's topic; who loses the membership is cut at that
 * event, before the next one is looked at.
 *
 * @throws {Unavailable}
 */
export const openRoomChannel = async (roomId: string, needs: ChannelDependencies): Promise<RoomChannel> => {
  const { log, tails, outgoing, counts, tracing, logger, cut } = needs;
  const early: LogRecord[] = [];
  let onRecord = (record: LogRecord): void => void early.push(record);
  const feed = await log.followRoom(roomId, (record) => onRecord(record));
  const facts = await readRoomFacts(log, roomId, feed.from).catch((error: unknown) => {
    feed.stop();
    throw error;
  });
  const partition = log.partitionOf(roomId);
  const epoch = log.epochOf(partition);
  const positionAt = (sequence: number): string => formatPosition({ epoch, partition, sequence });
  const audience = needs.audienceOf(roomId);
  const tail = tails.open(feed.from);
  let seen = feed.from;
  /** No event came that this build can't read. */
  let isKnown = true;
  let lastFramed = Math.max(feed.lastMessage, feed.lastEdit, facts.lastFramedMeta);

  const publishFrame = (record: LogRecord): void => {
    const frame = tryFrameOf(record, roomId, lastFramed === 0 ? null : positionAt(lastFramed), logger);
    if (frame === undefined) return;
    lastFramed = frame.sequence;
    tail.push(frame);
    counts.eventFrames += 1;
    if (tracing === undefined) return audience.publish(outgoing.bytes(frame.bytes));
    const startedAtMs = Date.now();
    audience.publish(outgoing.bytes(frame.bytes));
    tracing.handled('fan out', [record], startedAtMs, { 'kuraxx.sockets': audience.count() });
  };

  const cutEverybody = (): void => {
    audience.flush();
    for (const session of audience.all()) {
      if (session.identity !== undefined) {
        const { userId, username } = session.identity;
        session.send(encodeFrame('room:leave', { roomId, userId, username }));
      }
      cut(session, roomId);
    }
  };

  const applyFact = (record: LogRecord): void => {
    const event = decodeRecord(record);
    if (record.position.sequence > facts.appliedTo) facts.membership.apply(event);
    if (event.type === 'MemberJoined' || event.type === 'MemberLeft') {
      const { userId, username } = event.data;
      const type = event.type === 'MemberJoined' ? 'room:join' : 'room:leave';
      audience.publishExcept(userId, encodeFrame(type, { roomId, userId, username }));
    }
    const { left, isOver } = membershipChangeOf(event);
    for (const session of left.flatMap((userId) => audience.of(userId))) cut(session, roomId);
    if (isOver) cutEverybody();
  };

  const handle = (record: LogRecord): void => {
    publishFrame(record);
    try {
      if (record.subject.kind === 'room' && record.subject.aspect === 'meta') applyFact(record);
    } catch (error) {
      // Who is a member is not known any more, so nobody counts as one; other rooms go on.
      isKnown = false;
      logger.error({ err: error, roomId, position: formatPosition(record.position) }, 'an event was not applied');
      cutEverybody();
    }
    seen = Math.max(seen, record.position.sequence);
  };

  const relay = (signal: RoomSignal): void => {
    const { type, userId, username } = signal;
    if (type === 'room:join' || type === 'room:leave') {
      audience.publishExcept(userId, encodeFrame(type, { roomId, userId, username }));
    } else {
      const isTyping = type === 'typing:start';
      if (isTyping && !facts.membership.has(userId)) return; // it crossed the removal
      audience.publishExcept(userId, encodeFrame(type, { userId, username, roomId, isTyping }));
    }
  };

  for (const record of early) handle(record);
  onRecord = handle;
  const stopSignals = needs.followSignals(roomId, relay);
  return {
    roomId,
    epoch,
    partition,
    audience,
    tail,
    isMember: (userId) => isKnown && facts.membership.has(userId),
    seen: () => seen,
    position: () => positionAt(lastFramed === 0 ? feed.from : lastFramed),
    stop() {
      feed.stop();
      stopSignals();
      tail.close();
    },
  };
};
