import type { FrameErrorCode } from '@kuraxx/contracts';
import { backOffMs } from './back-off.ts';
import type { Connection } from './events.ts';
import type { Effect, Input, Instant } from './io.ts';
import type { Rules } from './rules.ts';

type Link =
  | { readonly phase: 'idle' }
  | { readonly phase: 'over' }
  | { readonly phase: 'waiting'; readonly untilMs: number }
  /** For the access token. The application's side of it is bounded. */
  | { readonly phase: 'fetching' }
  | { readonly phase: 'opening'; readonly token: string; readonly untilMs: number }
  | { readonly phase: 'authenticating'; readonly hasRenewed: boolean; readonly untilMs: number }
  | {
      readonly phase: 'online';
      readonly userId: string;
      readonly sinceMs: number;
      readonly heardMs: number;
      /** The gateway was asked for a sign of life at this time. */
      readonly askedMs: number | undefined;
      /** The gateway said that it is about to stop. */
      readonly leaveAtMs: number | undefined;
    };

type LinkInput = Exclude<Input, { type: 'wake' | 'sign-out' | 'frame' | 'enter' | 'leave' | 'typing' | 'send' }>;

const authentication = 'authenticate';
const probe = 'probe';

/**
 * What a close code asks for. Unknown ones go by their range. Also who was signed out (4202) asks for a new token: after a new password,
 * changed here or in another tab, there is one; else asking for it tells that the session is over.
 */
const meaningOf = (code: number): 'again' | 'renew' | 'turned-away' => {
  if (code >= 4300 && code < 4400) return 'turned-away';
  return code >= 4200 && code < 4300 ? 'renew' : 'again';
};

/** One connection after the other, each authenticated, with jittered pauses between them. */
export const createLink = (needs: {
  readonly emit: (effect: Effect) => void;
  readonly rules: Rules;
  readonly connected: (userId: string, at: Instant) => void;
  readonly disconnected: () => void;
}) => {
  const { emit, rules } = needs;
  let link: Link = { phase: 'idle' };
  let attempts = 0;
  let mustRenew = false;

  const tell = (connection: Connection): void => emit({ type: 'tell', event: { type: 'connection', connection } });

  const authenticate = (token: string): void =>
    emit({ type: 'transmit', frame: { type: 'authenticate', payload: { token }, requestId: authentication } });

  const begin = (): void => {
    link = { phase: 'fetching' };
    tell({ phase: 'connecting' });
    emit({ type: 'token', renew: mustRenew });
    mustRenew = false;
  };

  const drop = (at: Instant): void => {
    if (link.phase === 'online' && at.nowMs - link.sinceMs >= rules.steadyMs) attempts = 0;
    if (link.phase === 'opening' || link.phase === 'authenticating' || link.phase === 'online') emit({ type: 'close' });
    const wasOnline = link.phase === 'online';
    link = { phase: 'idle' };
    if (wasOnline) needs.disconnected();
  };

  const retry = (at: Instant, atLeastMs = 0): void => {
    drop(at);
    const waitMs = Math.max(atLeastMs, backOffMs(rules.reconnect, attempts, at.random()));
    attempts++;
    link = { phase: 'waiting', untilMs: at.nowMs + waitMs };
    tell({ phase: 'waiting', retryAtMs: link.untilMs });
  };

  const finish = (at: Instant, reason: 'signed-out' | 'turned-away', code?: number): void => {
    drop(at);
    link = { phase: 'over' };
    tell({ phase: 'over', reason, ...(code === undefined ? {} : { code }) });
  };

  const closed = (code: number, at: Instant): void => {
    if (link.phase !== 'opening' && link.phase !== 'authenticating' && link.phase !== 'online') return;
    const meaning = meaningOf(code);
    if (meaning === 'turned-away') return finish(at, meaning, code);
    mustRenew = meaning === 'renew';
    retry(at);
  };

  const token = (value: string, at: Instant): void => {
    if (link.phase === 'fetching') {
      link = { phase: 'opening', token: value, untilMs: at.nowMs + rules.handshakeMs };
      emit({ type: 'open' });
    } else if (link.phase === 'authenticating' || link.phase === 'online') authenticate(value);
  };

  return {
    userId: (): string | undefined => (link.phase === 'online' ? link.userId : undefined),

    handle(input: LinkInput, at: Instant): void {
      switch (input.type) {
        case 'connect':
          if (link.phase !== 'idle' && link.phase !== 'over') return;
          attempts = 0;
          return begin();
        case 'disconnect':
          if (link.phase === 'idle') return;
          drop(at);
          link = { phase: 'idle' };
          return tell({ phase: 'idle' });
        case 'hurry':
          if (link.phase === 'waiting') link = { phase: 'waiting', untilMs: at.nowMs };
          else if (link.phase === 'online') link = { ...link, heardMs: at.nowMs - rules.quietMs };
          return;
        case 'opened':
          if (link.phase !== 'opening') return;
          authenticate(link.token);
          link = { phase: 'authenticating', hasRenewed: false, untilMs: at.nowMs + rules.handshakeMs };
          return;
        case 'closed':
          return closed(input.code, at);
        case 'token':
          return token(input.token, at);
        case 'no-token':
          if (link.phase === 'idle' || link.phase === 'over' || link.phase === 'waiting') return;
          if (input.ended) return finish(at, 'signed-out');
          // Online the old token may do for a while: the gateway says when not
          return link.phase === 'online' ? undefined : retry(at);
      }
    },

    /** Any frame has come. */
    heard({ nowMs }: Instant): void {
      if (link.phase === 'online') link = { ...link, heardMs: nowMs, askedMs: undefined };
    },

    authenticated(userId: string, at: Instant): void {
      if (link.phase !== 'authenticating') return; // anew, over the same connection
      const { nowMs } = at;
      link = { phase: 'online', userId, sinceMs: nowMs, heardMs: nowMs, askedMs: undefined, leaveAtMs: undefined };
      tell({ phase: 'online' });
      needs.connected(userId, at);
    },

    /** The token of this connection has expired. */
    expired(): void {
      if (link.phase === 'online') emit({ type: 'token', renew: true });
    },

    reconnectIn(afterMs: number, { nowMs }: Instant): void {
      if (link.phase === 'online') link = { ...link, leaveAtMs: nowMs + afterMs };
    },

    /** An error frame. @returns whether it was about the connection */
    failed(
      requestId: string | undefined,
      code: FrameErrorCode,
      retryAfterMs: number | undefined,
      at: Instant,
    ): boolean {
      if (code === 'NOT_AUTHENTICATED') {
        retry(at);
        return true;
      }
      if (requestId === probe) return true; // an answer is an answer
      if (requestId !== authentication) return false;
      if (code === 'AUTH_FAILED' && link.phase === 'authenticating' && !link.hasRenewed) {
        link = { ...link, hasRenewed: true, untilMs: at.nowMs + rules.handshakeMs };
        emit({ type: 'token', renew: true });
        return true;
      }
      mustRenew = code === 'AUTH_FAILED';
      retry(at, retryAfterMs);
      return true;
    },

    wake(at: Instant): void {
      const { nowMs } = at;
      if (link.phase === 'waiting' && nowMs >= link.untilMs) return begin();
      if ((link.phase === 'opening' || link.phase === 'authenticating') && nowMs >= link.untilMs) return retry(at);
      if (link.phase !== 'online') return;
      if (link.leaveAtMs !== undefined && nowMs >= link.leaveAtMs) {
        drop(at);
        return begin(); // at once: it has given each its own time
      }
      if (link.askedMs !== undefined && nowMs >= link.askedMs + rules.answerMs) return retry(at);
      if (link.askedMs !== undefined || nowMs < link.heardMs + rules.quietMs) return;
      link = { ...link, askedMs: nowMs };
      emit({ type: 'transmit', frame: { type: 'resume', payload: { rooms: {} }, requestId: probe } });
    },

    nextMs(): number {
      switch (link.phase) {
        case 'waiting':
        case 'opening':
        case 'authenticating':
          return link.untilMs;
        case 'online':
          return Math.min(
            link.leaveAtMs ?? Number.POSITIVE_INFINITY,
            link.askedMs === undefined ? link.heardMs + rules.quietMs : link.askedMs + rules.answerMs,
          );
        case 'idle':
        case 'over':
        case 'fetching':
          return Number.POSITIVE_INFINITY;
      }
    },
  };
};
