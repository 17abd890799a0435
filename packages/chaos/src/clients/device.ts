import { setTimeout as delay } from 'node:timers/promises';
import type { ServerFrame } from '@kuraxx/contracts';
import type { Happening, Result } from '../history/records.ts';
import type { DevicePlan, DeviceStep } from '../plan/plan.ts';
import { type Connection, openConnection } from './connection.ts';
import { placedFrame } from './frames.ts';

export type DeviceNeeds = {
  readonly number: number;
  readonly userId: string;
  readonly token: string;
  readonly plan: DevicePlan;
  readonly wsUrls: readonly string[];
  readonly roomIds: readonly string[];
  readonly record: (happening: Happening) => void;
  /** Numbers connections over all devices. */
  readonly nextConn: () => number;
};

/** One of a user's sockets: it follows all rooms that it is let into, and comes back where it was whenever it was away. */
export type Device = {
  readonly userId: string;
  perform(step: DeviceStep): void;
  isIn(roomId: string): boolean;
  /** The last position that it has seen of a room. */
  seen(roomId: string): string | undefined;
  /** Sends once; resolves with what came of it within the time. */
  send(message: { roomId: string; content: string; tempId: string }, patienceMs: number): Promise<Result>;
  stop(): Promise<void>;
};

const reconnectMs = 150;
/** How often rooms that it isn't in are asked for again. */
const lookMs = 700;
/** An answer that stays out for so long won't come: the socket is given up. */
const answerTimeoutMs = 12_000;

type Asked = { readonly requestId: string; readonly at: number };

/** One connection of a device: what it has asked for, and what it is in. */
type Sitting = {
  readonly conn: number;
  readonly connection: Connection;
  isAuthenticated: boolean;
  readonly rooms: Set<string>;
  readonly asked: Map<string, Asked>;
  /** Rooms that it has asked to leave, and was not answered yet. */
  readonly leaving: Set<string>;
  /** When a `resume` was sent that is not answered yet. */
  resumingSince: number | undefined;
};

export const createDevice = (needs: DeviceNeeds): Device => {
  const { number, userId, token, plan, wsUrls, roomIds, record, nextConn } = needs;
  const stopping = new AbortController();
  const seen = new Map<string, string>();
  /** Rooms that it stays out of for now. */
  const away = new Set<string>();
  /** Rooms that it will enter without asking for what it missed. */
  const anew = new Set<string>();
  const sends = new Map<string, (result: Result) => void>();
  let gateway = plan.gateway;
  let awayMs = 0;
  let requests = 0;
  let sitting: Sitting | undefined;
  const pause = (ms: number): Promise<void> => delay(ms, undefined, { signal: stopping.signal }).catch(() => undefined);
  const nextRequest = (): string => `${number}-${++requests}`;

  const sinceOf = (roomId: string): string | null => (anew.has(roomId) ? null : (seen.get(roomId) ?? null));

  const ask = (now: Sitting, roomId: string): void => {
    const requestId = nextRequest();
    const since = sinceOf(roomId);
    anew.delete(roomId);
    now.asked.set(roomId, { requestId, at: Date.now() });
    record({ type: 'asked', conn: now.conn, roomId, since });
    now.connection.send('room:join', { roomId, ...(since === null ? {} : { since }) }, requestId);
  };
  const askAll = (now: Sitting): void => {
    const wanted = roomIds.filter((roomId) => !away.has(roomId));
    const rooms: Record<string, string | null> = {};
    const at = Date.now();
    for (const roomId of wanted) {
      rooms[roomId] = sinceOf(roomId);
      anew.delete(roomId);
      now.asked.set(roomId, { requestId: '', at });
      record({ type: 'asked', conn: now.conn, roomId, since: rooms[roomId] ?? null });
    }
    now.resumingSince = at;
    now.connection.send('resume', { rooms }, nextRequest());
  };
  const lookAround = (now: Sitting): void => {
    const { resumingSince } = now;
    const waiting = [...now.asked.values()].map(({ at }) => at).concat(resumingSince ?? []);
    if (waiting.some((at) => Date.now() - at > answerTimeoutMs)) return now.connection.close('drop');
    if (!now.isAuthenticated || resumingSince !== undefined) return;
    for (const roomId of roomIds) {
      if (!now.rooms.has(roomId) && !now.asked.has(roomId) && !away.has(roomId)) ask(now, roomId);
    }
  };

  const turnAway = (now: Sitting, roomId: string, code: string): void => {
    now.asked.delete(roomId);
    record({ type: 'turnedAway', conn: now.conn, roomId, code });
  };
  const onPlaced = (now: Sitting, happening: Extract<Happening, { type: 'frame' }>, frame: ServerFrame): void => {
    record(happening);
    const { roomId, direct } = happening;
    if (!direct) seen.set(roomId, happening.position);
    if (frame.type === 'message:saved') {
      const { message, tempId } = frame.payload;
      if (tempId !== undefined && message.senderId === userId) {
        sends.get(tempId)?.({
          outcome: 'acknowledged',
          said: direct ? 'repeated' : 'saved',
          messageId: message.id,
          position: happening.position,
        });
      }
      // the gateway lets a socket go from a room that its user has left
      const isOwnLeave =
        message.type === 'SYSTEM' && message.senderId === userId && message.content.endsWith(' left the room');
      if (isOwnLeave && !now.asked.has(roomId)) now.rooms.delete(roomId);
    } else if (happening.frame === 'room:leave' && happening.userId === userId && !now.asked.has(roomId)) {
      now.rooms.delete(roomId);
    }
  };
  const onFrame = (now: Sitting, frame: ServerFrame): void => {
    const placed = placedFrame(now.conn, frame);
    if (placed !== undefined) return onPlaced(now, placed, frame);
    if (frame.type === 'authenticated') {
      now.isAuthenticated = true;
      if (plan.batch) askAll(now);
      else lookAround(now);
    } else if (frame.type === 'room:join' && 'success' in frame.payload) {
      const { roomId, position = null, reset = false } = frame.payload;
      now.asked.delete(roomId);
      now.rooms.add(roomId);
      record({ type: 'entered', conn: now.conn, roomId, position, reset });
      if (position !== null) seen.set(roomId, position);
    } else if (frame.type === 'room:leave' && 'success' in frame.payload) {
      const { roomId } = frame.payload;
      now.rooms.delete(roomId);
      now.leaving.delete(roomId);
      record({ type: 'left', conn: now.conn, roomId });
    } else if (frame.type === 'resumed') {
      for (const [roomId, code] of Object.entries(frame.payload.refused)) turnAway(now, roomId, code);
      now.resumingSince = undefined;
    } else if (frame.type === 'error') {
      const { code, message } = frame.payload;
      if (code === 'HANDLER_ERROR' || code === 'INVALID_MESSAGE' || code === 'VALIDATION_ERROR') {
        record({
          type: 'trouble',
          where: `socket ${now.conn}`,
          what: `an error frame that must not be: ${code} ${message}`,
        });
      }
      const { requestId = '' } = frame;
      sends.get(requestId)?.({ outcome: code === 'SERVICE_UNAVAILABLE' ? 'unknown' : 'refused', said: code });
      for (const [roomId, asked] of now.asked) if (asked.requestId === requestId) turnAway(now, roomId, code);
    } else if (frame.type === 'reconnect') awayMs = frame.payload.afterMs;
  };

  const sit = async (): Promise<void> => {
    const conn = nextConn();
    const server = gateway % wsUrls.length;
    const connection = openConnection(wsUrls[server] ?? '', {
      opened: () => {
        record({ type: 'opened', conn, device: number, userId, gateway: server });
        connection.send('authenticate', { token });
      },
      frame: (frame) => onFrame(now, frame),
      forbidden: (text) =>
        record({
          type: 'trouble',
          where: `socket ${conn}`,
          what: `a frame outside of the contract: ${text.slice(0, 500)}`,
        }),
    });
    const now: Sitting = {
      conn,
      connection,
      isAuthenticated: false,
      rooms: new Set(),
      asked: new Map(),
      leaving: new Set(),
      resumingSince: undefined,
    };
    sitting = now;
    const looking = setInterval(() => lookAround(now), lookMs);
    const code = await connection.ended;
    clearInterval(looking);
    sitting = undefined;
    if (code > 0) record({ type: 'closed', conn, code });
    for (const [key, settle] of sends) settle({ outcome: 'unknown', said: `the socket closed (${key})` });
  };
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await sit();
      await pause(reconnectMs + awayMs);
      awayMs = 0;
      gateway++; // another one, in case this one is down; planned moves say which
    }
  };
  const running = run();

  const unfollow = async (roomId: string, ms: number, resume: boolean): Promise<void> => {
    const now = sitting;
    if (now === undefined || !now.rooms.has(roomId) || away.has(roomId)) return;
    // a second answer would look like one to what it asks for next
    if (now.leaving.has(roomId)) return;
    away.add(roomId);
    now.leaving.add(roomId);
    now.connection.send('room:leave', { roomId }, nextRequest());
    await pause(ms);
    if (!resume) anew.add(roomId);
    away.delete(roomId); // asked for at the next look around, once the answer has come
  };

  return {
    userId,
    perform: (step) => {
      if (step.do === 'unfollow') {
        const roomId = roomIds[step.room];
        if (roomId !== undefined) void unfollow(roomId, step.awayMs, step.resume);
        return;
      }
      ({ awayMs } = step);
      gateway = step.gateway - 1; // one is added when it comes back
      if (gateway < 0) gateway += wsUrls.length;
      sitting?.connection.close(step.do);
    },
    isIn: (roomId) => sitting?.rooms.has(roomId) === true && sitting.connection.isOpen,
    seen: (roomId) => seen.get(roomId),
    send: async ({ roomId, content, tempId }, patienceMs) => {
      const requestId = nextRequest();
      const result = Promise.withResolvers<Result>();
      const settle = (how: Result): void => result.resolve(how);
      sends.set(tempId, settle);
      sends.set(requestId, settle);
      sitting?.connection.send('message:new', { roomId, content, tempId }, requestId);
      const timer = setTimeout(() => settle({ outcome: 'unknown', said: 'no answer in time' }), patienceMs);
      try {
        return await result.promise;
      } finally {
        clearTimeout(timer);
        sends.delete(tempId);
        sends.delete(requestId);
      }
    },
    stop: async () => {
      stopping.abort();
      sitting?.connection.close('close');
      await running;
    },
  };
};
