import type { ClientFrameType, FrameErrorCode } from '@kuraxx/contracts';

/** How a frame is counted; what is no frame of ours is `invalid`. */
export type FrameKind = ClientFrameType | 'invalid';

/** Where what a socket had missed came from: the room's tail in memory, or the log; `reset`: it could not be given. */
export type ResumeSource = 'memory' | 'log' | 'reset';

/**
 * What this process has done since it started. Plain numbers that whoever does it adds to, because most of it happens for each message;
 * `metrics.ts` reads them when somebody asks.
 */
export type Counts = {
  readonly frames: Record<FrameKind, number>;
  /** Frames that were answered by an error, by kind and code. */
  readonly refused: Map<FrameKind, Map<FrameErrorCode, number>>;
  /** Messages of sockets that the log has stored, and those that it had already. */
  stored: number;
  repeated: number;
  /** Events that became a frame for a room. */
  eventFrames: number;
  /** Frames that were handed to a socket by a room, of any kind. */
  deliveries: number;
  readonly resumes: Record<ResumeSource, number>;
  /** Event frames that were sent to sockets that came back. */
  replayed: number;
  /** Closed sockets by close code. */
  readonly closes: Map<number, number>;
  /** Frames that uWebSockets let go because a socket did not read. */
  dropped: number;
};

export const createCounts = (): Counts => ({
  frames: {
    authenticate: 0,
    'room:join': 0,
    'room:leave': 0,
    resume: 0,
    'message:new': 0,
    'typing:start': 0,
    'typing:stop': 0,
    invalid: 0,
  },
  refused: new Map(),
  stored: 0,
  repeated: 0,
  eventFrames: 0,
  deliveries: 0,
  resumes: { memory: 0, log: 0, reset: 0 },
  replayed: 0,
  closes: new Map(),
  dropped: 0,
});

const addTo = <K>(counts: Map<K, number>, key: K): void => void counts.set(key, (counts.get(key) ?? 0) + 1);

/** A frame was answered by an error. */
export const countRefused = (counts: Counts, kind: FrameKind, code: FrameErrorCode): void => {
  const byCode = counts.refused.get(kind) ?? new Map<FrameErrorCode, number>();
  counts.refused.set(kind, byCode);
  addTo(byCode, code);
};

/** A socket was closed, by whichever side. */
export const countClose = (counts: Counts, code: number): void => addTo(counts.closes, code);
