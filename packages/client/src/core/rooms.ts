import type { FrameErrorCode, ServerFrame } from '@kuraxx/contracts';
import { backOffMs } from './back-off.ts';
import { arrive, type Cursor, newCursor, type Placed, place } from './cursor.ts';
import type { RoomEvent, RoomOver } from './events.ts';
import type { Effect, Instant } from './io.ts';
import type { Rules } from './rules.ts';

/** So many rooms fit into one `resume` frame. */
const maxResumed = 500;

type Room = {
  cursor: Cursor;
  /** The application wants its events; else it is entered for the sake of the outbox alone. */
  isOpen: boolean;
  /** The last request to enter it. */
  requestId: string | undefined;
};

type JoinAnswer = {
  readonly roomId: string;
  readonly position?: string | null | undefined;
  readonly reset?: boolean | undefined;
};

/** The rooms of one client: enters them, again after each cut, and judges what comes by its position. */
export const createRooms = (needs: {
  readonly emit: (effect: Effect) => void;
  readonly rules: Rules;
  /** Nothing more comes from the room, and nothing can be sent to it. */
  readonly ended: (roomId: string) => void;
}) => {
  const { emit, rules } = needs;
  const rooms = new Map<string, Room>();
  const requests = new Map<string, readonly string[]>();
  let isOnline = false;
  let requested = 0;
  /** When a room that is being entered last gave a sign of life: the server takes a few at a time. */
  let progressMs = 0;

  const tell = (roomId: string, event: RoomEvent): void => {
    if (rooms.get(roomId)?.isOpen) emit({ type: 'tell', event: { type: 'room', roomId, event } });
  };

  const request = (entering: readonly (readonly [string, Room])[]): string => {
    const requestId = `enter-${++requested}`;
    requests.set(
      requestId,
      entering.map(([roomId]) => roomId),
    );
    for (const [, room] of entering) room.requestId = requestId;
    return requestId;
  };

  /** Rooms that were never seen are joined one by one, which others are told of; the rest is resumed together, silently. */
  const enter = (entering: readonly [string, Room][], at: Instant): void => {
    progressMs = at.nowMs;
    const seen: (readonly [string, Room, string])[] = [];
    for (const [roomId, room] of entering) {
      room.cursor = { ...room.cursor, phase: 'entering' };
      if (room.cursor.seen !== undefined) {
        seen.push([roomId, room, room.cursor.seen]);
        continue;
      }
      const requestId = request([[roomId, room]]);
      emit({ type: 'transmit', frame: { type: 'room:join', payload: { roomId }, requestId } });
    }
    for (let first = 0; first < seen.length; first += maxResumed) {
      const batch = seen.slice(first, first + maxResumed);
      const requestId = request(batch.map(([roomId, room]) => [roomId, room]));
      const positions = Object.fromEntries(batch.map(([roomId, , since]) => [roomId, since]));
      emit({ type: 'transmit', frame: { type: 'resume', payload: { rooms: positions }, requestId } });
    }
  };

  const rest = (room: Room, at: Instant, retryAfterMs = 0): void => {
    const { cursor } = room;
    const waitMs = Math.max(retryAfterMs, backOffMs(rules.retry, cursor.failures, at.random()));
    room.cursor = { ...cursor, phase: 'resting', failures: cursor.failures + 1, retryAtMs: at.nowMs + waitMs };
  };

  const end = (roomId: string, reason: RoomOver): void => {
    tell(roomId, { type: 'over', reason });
    if (rooms.delete(roomId)) needs.ended(roomId);
  };

  const refuse = (roomId: string, code: FrameErrorCode, at: Instant, retryAfterMs?: number): void => {
    const room = rooms.get(roomId);
    if (room?.cursor.phase !== 'entering') return;
    if (code === 'NOT_IN_ROOM' || code === 'VALIDATION_ERROR') end(roomId, 'refused');
    else rest(room, at, retryAfterMs);
  };

  /** A hole is filled at once the first time, later with pauses: a server that can't fill it isn't asked in a circle. */
  const mend = (roomId: string, room: Room, at: Instant): void => {
    if (room.cursor.failures > 0) return rest(room, at);
    room.cursor = { ...room.cursor, failures: 1 };
    enter([[roomId, room]], at);
  };

  return {
    isLive: (roomId: string): boolean => isOnline && rooms.get(roomId)?.cursor.phase === 'live',
    isOpen: (roomId: string): boolean => rooms.get(roomId)?.isOpen === true,
    end,

    /** @param open the application asks, not the outbox */
    want(roomId: string, open: boolean, at: Instant, since?: string): void {
      const known = rooms.get(roomId);
      if (known !== undefined) {
        if (!open || known.isOpen) return;
        known.isOpen = true;
        if (isOnline && known.cursor.phase === 'live') tell(roomId, { type: 'entered' });
        else known.cursor = { ...known.cursor, seen: undefined, isFramed: false }; // what came was for nobody
        return;
      }
      const room: Room = { cursor: newCursor(since), isOpen: open, requestId: undefined };
      rooms.set(roomId, room);
      if (isOnline) enter([[roomId, room]], at);
    },

    /** The application wants no more of it, and hears no more. @param stay the outbox still needs it */
    leave(roomId: string, stay: boolean): void {
      const room = rooms.get(roomId);
      if (room === undefined) return;
      room.isOpen = false;
      if (stay) return;
      rooms.delete(roomId);
      if (isOnline) emit({ type: 'transmit', frame: { type: 'room:leave', payload: { roomId } } });
    },

    /** The session has ended. */
    clear(): void {
      for (const roomId of rooms.keys()) tell(roomId, { type: 'over', reason: 'signed-out' });
      rooms.clear();
    },

    connected(at: Instant): void {
      isOnline = true;
      enter([...rooms], at);
    },

    disconnected(): void {
      isOnline = false;
      requests.clear();
      for (const [roomId, room] of rooms) {
        if (room.cursor.phase === 'live') tell(roomId, { type: 'away' });
        room.cursor = { ...room.cursor, phase: 'away', failures: 0 };
      }
    },

    /** Asks again from the last position seen: something seems to be wrong with the room. */
    doubt(roomId: string, at: Instant): void {
      const room = rooms.get(roomId);
      if (room?.cursor.phase === 'live') mend(roomId, room, at);
    },

    /** @returns whether the frame is next in its room: only then it goes to the application */
    isNext(roomId: string, frame: Placed, at: Instant): boolean {
      const room = rooms.get(roomId);
      if (room === undefined) return false; // left a moment ago
      const { cursor, verdict } = place(room.cursor, frame);
      room.cursor = cursor;
      if (cursor.phase === 'entering') progressMs = at.nowMs;
      if (verdict === 'hole') mend(roomId, room, at);
      return verdict === 'deliver';
    },

    tell,

    answered({ roomId, position = null, reset = false }: JoinAnswer, at: Instant): void {
      const room = rooms.get(roomId);
      if (room?.cursor.phase !== 'entering') return;
      progressMs = at.nowMs;
      const { cursor, arrival } = arrive(room.cursor, { position, reset });
      room.cursor = cursor;
      if (arrival === 'hole') enter([[roomId, room]], at);
      else tell(roomId, { type: arrival });
    },

    resumed({ payload, requestId = '' }: Extract<ServerFrame, { type: 'resumed' }>, at: Instant): void {
      progressMs = at.nowMs;
      for (const [roomId, code] of Object.entries(payload.refused)) refuse(roomId, code, at);
      for (const roomId of requests.get(requestId) ?? []) {
        const room = rooms.get(roomId);
        if (room?.cursor.phase === 'entering' && room.requestId === requestId) rest(room, at); // it was left out
      }
      requests.delete(requestId);
    },

    /** An error frame. @returns whether it was about entering rooms */
    failed(requestId: string, code: FrameErrorCode, retryAfterMs: number | undefined, at: Instant): boolean {
      const roomIds = requests.get(requestId);
      if (roomIds === undefined) return false;
      requests.delete(requestId);
      for (const roomId of roomIds) {
        // A whole batch is not refused for what is wrong with one of its rooms
        if (roomIds.length === 1) refuse(roomId, code, at, retryAfterMs);
        else refuse(roomId, 'SERVICE_UNAVAILABLE', at, retryAfterMs);
      }
      return true;
    },

    wake(at: Instant): void {
      if (!isOnline) return;
      for (const room of at.nowMs >= progressMs + rules.answerMs ? rooms.values() : []) {
        if (room.cursor.phase === 'entering') rest(room, at);
      }
      const due = [...rooms].filter(([, { cursor }]) => cursor.phase === 'resting' && at.nowMs >= cursor.retryAtMs);
      enter(due, at);
    },

    nextMs(): number {
      let next = Number.POSITIVE_INFINITY;
      if (!isOnline) return next;
      for (const { cursor } of rooms.values()) {
        if (cursor.phase === 'resting') next = Math.min(next, cursor.retryAtMs);
        if (cursor.phase === 'entering') next = Math.min(next, progressMs + rules.answerMs);
      }
      return next;
    },
  };
};

export type Rooms = ReturnType<typeof createRooms>;
