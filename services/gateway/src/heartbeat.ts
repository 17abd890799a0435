/** uWebSockets takes from 8 to 960 s, and is right to about four. */
const idleBoundsMs = [8_000, 960_000] as const;
/** A client has at least so long to answer a ping. */
const answerMs = 8_000;

export type Heartbeat = {
  /** Between two pings of a socket. uWebSockets' own would come only just before the end of its time-out, too late for proxies. */
  readonly heartbeatIntervalMs: number;
  /** Silent for so long, a socket is closed; not before it could answer a ping. */
  readonly heartbeatTimeoutMs: number;
};

/** After how much silence uWebSockets closes a socket, in whole seconds. */
export const idleSeconds = ({ heartbeatIntervalMs, heartbeatTimeoutMs }: Heartbeat): number => {
  const [least, most] = idleBoundsMs;
  const idleMs = Math.max(heartbeatTimeoutMs, heartbeatIntervalMs + answerMs);
  return Math.ceil(Math.min(most, Math.max(least, idleMs)) / 1000);
};

/**
 * Milliseconds by a clock that nobody sets: with one that is set back no socket would be pinged until it has caught up, and all the quiet
 * ones would be closed. Only where pings fall depends on when a socket was opened by the other clock.
 */
export const heartbeatClock = (): number => performance.timeOrigin + performance.now();

/**
 * Whether a ping of a socket falls due after `beforeMs` and until `nowMs`: one each interval from its opening, so that those of many sockets
 * are spread as the sockets came.
 */
export const isPingDue = (openedAtMs: number, beforeMs: number, nowMs: number, intervalMs: number): boolean => {
  const isNew = beforeMs < openedAtMs && openedAtMs <= nowMs;
  return !isNew && Math.floor((nowMs - openedAtMs) / intervalMs) > Math.floor((beforeMs - openedAtMs) / intervalMs);
};
