import type { Effect, Instant } from './io.ts';
import type { Rules } from './rules.ts';

/** Our own typing, told to the gateway sparingly. */
export const createOwnTyping = (emit: (effect: Effect) => void, rules: Rules) => {
  const rooms = new Map<string, { toldAtMs: number; endsAtMs: number }>();
  const stop = (roomId: string): void => {
    if (rooms.delete(roomId)) emit({ type: 'transmit', frame: { type: 'typing:stop', payload: { roomId } } });
  };
  return {
    /** A key was pressed. */
    key(roomId: string, { nowMs }: Instant): void {
      const toldAtMs = rooms.get(roomId)?.toldAtMs;
      const isDue = toldAtMs === undefined || nowMs >= toldAtMs + rules.typingRepeatMs;
      rooms.set(roomId, { toldAtMs: isDue ? nowMs : toldAtMs, endsAtMs: nowMs + rules.typingIdleMs });
      if (isDue) emit({ type: 'transmit', frame: { type: 'typing:start', payload: { roomId } } });
    },
    stop,
    /** The room or the connection is gone, and the gateway knows. */
    forget: (roomId?: string): void => void (roomId === undefined ? rooms.clear() : rooms.delete(roomId)),
    wake({ nowMs }: Instant): void {
      for (const [roomId, { endsAtMs }] of rooms) if (nowMs >= endsAtMs) stop(roomId);
    },
    nextMs: (): number => Math.min(...[...rooms.values()].map(({ endsAtMs }) => endsAtMs)),
  };
};

type Shown = { readonly roomId: string; readonly userId: string; readonly username: string; readonly endsAtMs: number };

/** Others' typing: who started and was not heard of again has stopped. */
export const createOthersTyping = (emit: (effect: Effect) => void, rules: Rules) => {
  const shown = new Map<string, Shown>();
  const tell = ({ roomId, userId, username }: Omit<Shown, 'endsAtMs'>, isTyping: boolean): void =>
    emit({ type: 'tell', event: { type: 'room', roomId, event: { type: 'typing', userId, username, isTyping } } });
  const keyOf = (roomId: string, userId: string): string => `${roomId} ${userId}`;
  const end = (one: Shown): void => {
    shown.delete(keyOf(one.roomId, one.userId));
    tell(one, false);
  };
  const endThose = (isMeant: (one: Shown) => boolean): void => {
    for (const one of shown.values()) if (isMeant(one)) end(one);
  };
  return {
    started(who: Omit<Shown, 'endsAtMs'>, { nowMs }: Instant): void {
      const key = keyOf(who.roomId, who.userId);
      const isNew = !shown.has(key);
      shown.set(key, { ...who, endsAtMs: nowMs + rules.typingShownMs });
      if (isNew) tell(who, true);
    },
    stopped: (roomId: string, userId: string): void =>
      endThose((one) => one.roomId === roomId && one.userId === userId),
    /** Of one room, or of all. */
    forget: (roomId?: string): void => endThose((one) => roomId === undefined || one.roomId === roomId),
    wake: ({ nowMs }: Instant): void => endThose((one) => nowMs >= one.endsAtMs),
    nextMs: (): number => Math.min(...[...shown.values()].map(({ endsAtMs }) => endsAtMs)),
  };
};
