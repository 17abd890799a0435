import { type EventLog, formatPosition, type Position } from '@kuraxx/event-store';
import type { Logger } from 'pino';
import { tryFrameOf } from './event-frame.ts';
import { framesAfter, type PlacedFrame } from './placed-frame.ts';

/** A stretch of a room's past: all its framed events after some sequence, up to and including `upTo`. */
export type Stretch = { readonly frames: readonly PlacedFrame[]; readonly upTo: number };

/** What happened in rooms before their tails begin. */
export type History = {
  /**
   * The room's framed events after `after`, in order; `upTo` may be smaller than asked for (ask again from there) or larger. The first
   * frame's `prev` is not known here: see `withPrev`.
   *
   * @throws {Unavailable}
   */
  read(roomId: string, after: number, upTo: number): Promise<Stretch>;
};

export type HistoryLimits = {
  /** A stretch ends past this many events or bytes. */
  readonly stretchEvents: number;
  readonly stretchBytes: number;
  /** What is kept in memory of what was read, for the next ones to come. */
  readonly historyBytes: number;
  /** So many rooms are read from the log side by side. */
  readonly historyReads: number;
};

/**
 * Who asks for so many sequences before the one whose turn it is gets served by the same read. Wide enough for those who lost one gateway
 * together, narrow enough that nobody waits for the month of somebody else.
 */
const togetherSequences = 5_000;

/** What keeping costs beside the frames' own bytes. */
const stretchOverheadBytes = 500;
const frameOverheadBytes = 300;

type Waiting = {
  readonly after: number;
  readonly upTo: number;
  resolve(stretch: Stretch): void;
  reject(error: unknown): void;
};
type Kept = Stretch & { readonly after: number; readonly roomId: string; readonly bytes: number };
type Room = { waiting: Waiting[]; readonly kept: Set<Kept>; isReading: boolean };

/**
 * Reads rooms' pasts from the log, for many readers at once: one read per room at a time serves everybody who waits for that part, and stays in
 * memory for those who come a moment later. So the log is read as often as there are parts, not as there are readers.
 */
export const createHistory = (log: EventLog, limits: HistoryLimits, logger: Logger): History => {
  const rooms = new Map<string, Room>();
  /** Everything kept, the longest unused first. */
  const byUse = new Set<Kept>();
  const ready = new Set<string>();
  let keptBytes = 0;
  let reading = 0;

  const forget = (kept: Kept): void => {
    byUse.delete(kept);
    keptBytes -= kept.bytes;
    const room = rooms.get(kept.roomId);
    room?.kept.delete(kept);
    if (room?.kept.size === 0 && room.waiting.length === 0 && !room.isReading) rooms.delete(kept.roomId);
  };
  const keep = (room: Room, kept: Kept): void => {
    room.kept.add(kept);
    byUse.add(kept);
    keptBytes += kept.bytes;
    for (const oldest of byUse) {
      if (keptBytes <= limits.historyBytes) return;
      forget(oldest);
    }
  };
  const find = (room: Room, after: number): Stretch | undefined => {
    for (const kept of room.kept) {
      if (after < kept.after || after >= kept.upTo) continue;
      byUse.delete(kept);
      byUse.add(kept);
      return { frames: framesAfter(kept.frames, after), upTo: kept.upTo };
    }
    return undefined;
  };

  const load = async (roomId: string, after: number, upTo: number): Promise<Kept> => {
    const partition = log.partitionOf(roomId);
    const epoch = log.epochOf(partition);
    const positionAt = (sequence: number): string => formatPosition({ epoch, partition, sequence } satisfies Position);
    const frames: PlacedFrame[] = [];
    let prev = positionAt(after);
    let bytes = stretchOverheadBytes;
    let events = 0;
    for await (const record of log.readRoom(roomId, { after, upTo })) {
      const { sequence } = record.position;
      events += 1;
      const frame = tryFrameOf(record, roomId, prev, logger);
      if (frame !== undefined) {
        frames.push(frame);
        prev = frame.place.position;
        bytes += frame.bytes.length + frameOverheadBytes;
      }
      if (events >= limits.stretchEvents || bytes >= limits.stretchBytes)
        return { roomId, after, upTo: sequence, frames, bytes };
    }
    return { roomId, after, upTo, frames, bytes };
  };

  /** One read for the one who waits longest and all who can share it. */
  const serve = async (roomId: string, room: Room): Promise<void> => {
    const [first] = room.waiting;
    if (first === undefined) return;
    const together = room.waiting.filter(
      ({ after }) => after <= first.after && after > first.after - togetherSequences,
    );
    const from = Math.min(...together.map(({ after }) => after));
    try {
      const kept = await load(roomId, from, Math.max(...together.map(({ upTo }) => upTo)));
      const isServed = ({ after }: Waiting): boolean => after >= kept.after && after < kept.upTo;
      const served = room.waiting.filter(isServed);
      room.waiting = room.waiting.filter((one) => !isServed(one));
      for (const one of served) one.resolve({ frames: framesAfter(kept.frames, one.after), upTo: kept.upTo });
      keep(room, kept);
    } catch (error) {
      const failed = room.waiting;
      room.waiting = [];
      for (const one of failed) one.reject(error);
    }
  };

  const work = (): void => {
    for (const roomId of ready) {
      if (reading >= limits.historyReads) return;
      ready.delete(roomId);
      const room = rooms.get(roomId);
      if (room === undefined || room.isReading || room.waiting.length === 0) continue;
      room.isReading = true;
      reading += 1;
      void serve(roomId, room).then(() => {
        room.isReading = false;
        reading -= 1;
        if (room.waiting.length > 0) ready.add(roomId);
        else if (room.kept.size === 0) rooms.delete(roomId);
        work();
      });
    }
  };

  return {
    read(roomId, after, upTo) {
      const room: Room = rooms.get(roomId) ?? { waiting: [], kept: new Set(), isReading: false };
      rooms.set(roomId, room);
      const found = find(room, after);
      if (found !== undefined) return Promise.resolve(found);
      return new Promise((resolve, reject) => {
        room.waiting.push({ after, upTo, resolve, reject });
        ready.add(roomId);
        setImmediate(work); // what is asked for in this turn is read together
      });
    },
  };
};
