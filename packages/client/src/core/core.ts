import type { ServerFrame } from '@kuraxx/contracts';
import type { CoreEvent } from './events.ts';
import type { Effect, Input, Instant } from './io.ts';
import { createLink } from './link.ts';
import { createRooms } from './rooms.ts';
import type { Rules } from './rules.ts';
import { createSends } from './sends.ts';
import { createOthersTyping, createOwnTyping } from './typing.ts';

/** What a chat client decides, without I/O, clock or chance: inputs go in, effects come out. */
export type Core = {
  /** What is to be done about an input, in order. The same inputs at the same instants give the same effects. */
  handle(input: Input, at: Instant): readonly Effect[];
  /** When `wake` is due, in milliseconds since 1970; undefined when there is nothing to wait for. Changes with each input. */
  wakeAtMs(): number | undefined;
  /** Whether `send` takes one more. */
  hasSpace(): boolean;
  /** Whether the room is entered: its events come as they happen. */
  isLive(roomId: string): boolean;
};

/** A core that does nothing until `connect`. */
export const createCore = (rules: Rules): Core => {
  let effects: Effect[] = [];
  const emit = (effect: Effect): void => void effects.push(effect);
  const tell = (event: CoreEvent): void => emit({ type: 'tell', event });

  const own = createOwnTyping(emit, rules);
  const others = createOthersTyping(emit, rules);
  const rooms = createRooms({
    emit,
    rules,
    ended(roomId) {
      own.forget(roomId);
      others.forget(roomId);
      sends.refuseRoom(roomId);
    },
  });
  const sends = createSends({
    emit,
    rules,
    isLive: (roomId) => rooms.isLive(roomId),
    doubt: (roomId, at) => rooms.doubt(roomId, at),
    done(roomId) {
      if (!rooms.isOpen(roomId)) rooms.leave(roomId, false);
    },
  });
  const link = createLink({
    emit,
    rules,
    connected(userId, at) {
      sends.connected(userId);
      rooms.connected(at);
    },
    disconnected() {
      own.forget();
      others.forget();
      rooms.disconnected();
      sends.disconnected();
    },
  });

  const onError = ({ payload, requestId }: Extract<ServerFrame, { type: 'error' }>, at: Instant): void => {
    const { code, message, retryAfterMs } = payload;
    if (link.failed(requestId, code, retryAfterMs, at)) return;
    if (requestId !== undefined && rooms.failed(requestId, code, retryAfterMs, at)) return;
    if (requestId !== undefined && sends.failed(requestId, payload, at)) return;
    tell({ type: 'problem', code, message });
  };

  const onFrame = (frame: ServerFrame, at: Instant): void => {
    link.heard(at);
    switch (frame.type) {
      case 'authenticated':
        return link.authenticated(frame.payload.userId, at);
      case 'token:expired':
        return link.expired();
      case 'reconnect':
        return link.reconnectIn(frame.payload.afterMs, at);
      case 'resumed':
        return rooms.resumed(frame, at);
      case 'message:saved': {
        const { position, timestamp, roomId, payload } = frame;
        const { message, tempId } = payload;
        sends.stored(roomId, tempId, message, position);
        // With a requestId it is the answer to a repetition, which stands where it always stood
        if (frame.requestId !== undefined || !rooms.isNext(roomId, frame, at)) return;
        others.stopped(roomId, message.senderId);
        return rooms.tell(roomId, { type: 'message', message, tempId, position, timestamp });
      }
      case 'message:update': {
        const { position, timestamp, roomId } = frame;
        if (!rooms.isNext(roomId, frame, at)) return;
        return rooms.tell(roomId, { type: 'edited', message: frame.payload.message, position, timestamp });
      }
      case 'message:delete': {
        const { position, timestamp, roomId } = frame;
        if (!rooms.isNext(roomId, frame, at)) return;
        return rooms.tell(roomId, { type: 'deleted', messageId: frame.payload.messageId, position, timestamp });
      }
      case 'room:join': {
        if ('success' in frame.payload) return rooms.answered(frame.payload, at);
        const { roomId, userId, username } = frame.payload;
        return rooms.tell(roomId, { type: 'joined', userId, username });
      }
      case 'room:leave': {
        if ('success' in frame.payload) return; // the answer to our own
        const { roomId, userId, username } = frame.payload;
        const { position, prev = null, timestamp } = frame;
        others.stopped(roomId, userId);
        if (position === undefined) {
          // Our own other sockets' leaving is not told to us: this is the end of the room
          if (userId === link.userId()) return rooms.end(roomId, 'deleted');
          return rooms.tell(roomId, { type: 'left', userId, username });
        }
        if (!rooms.isNext(roomId, { position, prev }, at)) return;
        rooms.tell(roomId, { type: 'removed', userId, username, position, timestamp });
        if (userId === link.userId()) rooms.end(roomId, 'removed');
        return;
      }
      case 'typing:start':
        return others.started(frame.payload, at);
      case 'typing:stop':
        return others.stopped(frame.payload.roomId, frame.payload.userId);
      case 'presence:online':
      case 'presence:offline':
        return tell({ ...frame.payload, type: 'presence' });
      case 'error':
        return onError(frame, at);
    }
  };

  const run = (input: Input, at: Instant): void => {
    switch (input.type) {
      case 'frame':
        return onFrame(input.frame, at);
      case 'enter':
        return rooms.want(input.roomId, true, at, input.since);
      case 'leave':
        own.stop(input.roomId);
        others.forget(input.roomId);
        return rooms.leave(input.roomId, sends.has(input.roomId));
      case 'typing':
        return rooms.isLive(input.roomId) ? own.key(input.roomId, at) : undefined;
      case 'send':
        own.stop(input.send.roomId);
        if (sends.add(input.send)) rooms.want(input.send.roomId, false, at);
        return;
      case 'wake':
        return;
      case 'sign-out':
        link.handle({ type: 'disconnect' }, at);
        sends.clear(input.forget);
        return rooms.clear();
      case 'connect':
      case 'disconnect':
      case 'opened':
      case 'closed':
      case 'hurry':
      case 'token':
      case 'no-token':
        return link.handle(input, at);
    }
  };

  return {
    handle(input, at) {
      effects = [];
      run(input, at);
      for (const part of [link, rooms, sends, own, others]) part.wake(at);
      return effects;
    },
    wakeAtMs() {
      const next = Math.min(...[link, rooms, sends, own, others].map((part) => part.nextMs()));
      return Number.isFinite(next) ? next : undefined;
    },
    hasSpace: () => sends.hasSpace(),
    isLive: (roomId) => rooms.isLive(roomId),
  };
};
