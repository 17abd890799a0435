import type { FrameErrorCode, Message } from '@kuraxx/contracts';
import { backOffMs } from './back-off.ts';
import type { SendRefusal } from './events.ts';
import type { Effect, Instant } from './io.ts';
import { disconnect, due, emptyOutbox, enqueue, postpone, type Send, settle } from './outbox.ts';
import type { Rules } from './rules.ts';

/** It passes: the send waits as long as it takes. */
const passing: ReadonlySet<FrameErrorCode> = new Set(['SERVICE_UNAVAILABLE', 'RATE_LIMITED']);
/** It may pass: the send is tried a few times more. Whatever is in neither set is final. */
const stumbling: ReadonlySet<FrameErrorCode> = new Set([
  'HANDLER_ERROR',
  'NOT_AUTHENTICATED',
  'AUTH_FAILED',
  'NOT_IN_ROOM',
]);

/** The outbox of one client: every send goes out, again and again with the same tempId, until it is stored or refused for good. */
export const createSends = (needs: {
  readonly emit: (effect: Effect) => void;
  readonly rules: Rules;
  readonly isLive: (roomId: string) => boolean;
  /** The server says that we are not in a room that seemed to be live. */
  readonly doubt: (roomId: string, at: Instant) => void;
  /** Nothing waits for the room any more. */
  readonly done: (roomId: string) => void;
}) => {
  const { emit, rules } = needs;
  let outbox = emptyOutbox;
  let userId: string | undefined;
  let nextMs: number | undefined;

  const has = (roomId: string): boolean => [...outbox.values()].some(({ send }) => send.roomId === roomId);

  const take = (tempId: string): void => {
    outbox = settle(outbox, tempId);
    emit({ type: 'drop', tempId });
  };

  const refuse = (send: Send, code: SendRefusal, message: string): void => {
    take(send.tempId);
    emit({ type: 'tell', event: { type: 'refused', send, code, message } });
  };

  return {
    has,
    hasSpace: (): boolean => outbox.size < rules.maxSends,

    /** @returns whether it was taken in */
    add(send: Send): boolean {
      const more = enqueue(outbox, send, rules.maxSends);
      if (more === undefined) {
        const message = `${rules.maxSends} messages wait to be sent already`;
        emit({ type: 'tell', event: { type: 'refused', send, code: 'OUTBOX_FULL', message } });
        return false;
      }
      outbox = more;
      emit({ type: 'keep', send });
      return true;
    },

    connected(as: string): void {
      userId = as;
    },

    disconnected(): void {
      userId = undefined;
      outbox = disconnect(outbox);
    },

    /** A message was stored: is it one of ours? */
    stored(roomId: string, tempId: string | undefined, message: Message, position: string): void {
      const entry = tempId === undefined ? undefined : outbox.get(tempId);
      if (tempId === undefined || entry === undefined) return;
      const { send } = entry;
      if (send.roomId !== roomId || send.senderId !== message.senderId) return; // somebody else's, with our tempId
      take(tempId);
      emit({ type: 'tell', event: { type: 'stored', send, message, position } });
      if (!has(roomId)) needs.done(roomId);
    },

    /** An error frame. @returns whether it was about a send */
    failed(
      tempId: string,
      { code, message, retryAfterMs = 0 }: { code: FrameErrorCode; message: string; retryAfterMs?: number | undefined },
      at: Instant,
    ): boolean {
      const entry = outbox.get(tempId);
      if (entry === undefined) return false;
      const { send, refusals, stumbles } = entry;
      const stumbled = stumbling.has(code);
      if (!(stumbled && stumbles + 1 < rules.maxStumbles) && !passing.has(code)) {
        refuse(send, code, message);
        if (!has(send.roomId)) needs.done(send.roomId);
        return true;
      }
      const waitMs = Math.max(retryAfterMs, backOffMs(rules.retry, refusals + stumbles, at.random()));
      outbox = postpone(outbox, tempId, at.nowMs + waitMs, stumbled);
      if (code === 'NOT_IN_ROOM') needs.doubt(send.roomId, at);
      return true;
    },

    /** The session has ended. @param forget they are not kept for later either */
    clear(forget: boolean): void {
      for (const tempId of forget ? outbox.keys() : []) emit({ type: 'drop', tempId });
      outbox = emptyOutbox;
    },

    /** The room is over: nothing can be sent to it. */
    refuseRoom(roomId: string): void {
      for (const { send } of outbox.values()) {
        if (send.roomId === roomId) refuse(send, 'NOT_IN_ROOM', 'You are not in this room any more');
      }
    },

    wake({ nowMs }: Instant): void {
      nextMs = undefined;
      if (userId === undefined) return;
      const isReady = (send: Send): boolean => send.senderId === userId && needs.isLive(send.roomId);
      const now = due(outbox, isReady, nowMs, rules);
      ({ outbox, nextMs } = now);
      for (const { tempId, roomId, content, type, replyToId, attachments } of now.sends) {
        const payload = {
          roomId,
          content,
          type,
          tempId,
          ...(replyToId === undefined ? {} : { replyToId }),
          ...(attachments === undefined ? {} : { attachments: [...attachments] }),
        };
        emit({ type: 'transmit', frame: { type: 'message:new', payload, requestId: tempId } });
      }
    },

    nextMs: (): number => nextMs ?? Number.POSITIVE_INFINITY,
  };
};
