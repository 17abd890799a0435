import type { RawFrame } from './parse-frame.ts';

/** The frames of one socket, handled one at a time in the order of their arrival. */
export type Inbox = {
  /**
   * `refused`: more than the socket may send; the frame is not handled, and after `retryAfterMs` there is room again.
   * `flood`: it has gone on all the same; the caller closes it.
   */
  push(frame: RawFrame, nowMs: number): Pushed;
  /** Forgets what waits. The frame at work is finished. */
  clear(): void;
  /** Resolves when nothing waits or is at work. */
  idle(): Promise<void>;
};

export type Pushed = { readonly is: 'taken' | 'flood' } | { readonly is: 'refused'; readonly retryAfterMs: number };

export type InboxLimits = {
  readonly maxQueuedFrames: number;
  readonly maxQueuedLength: number;
  readonly framesPerSecond: number;
  readonly burstFrames: number;
  readonly maxRefusedFrames: number;
};

/** A client that is told to wait less would be refused again at once. */
const minRetryAfterMs = 100;
const taken: Pushed = { is: 'taken' };
const flood: Pushed = { is: 'flood' };

/**
 * How many frames a socket may send: a bucket that fills up again. A flood is who is refused `maxRefusedFrames` times more
 * often than not: never a client that waits as it is told.
 */
const createBucket = (limits: InboxLimits) => {
  const { framesPerSecond, burstFrames, maxRefusedFrames } = limits;
  let tokens = burstFrames;
  let countedAtMs: number | undefined;
  let refused = 0;
  return {
    fill(nowMs: number): void {
      const elapsedMs = Math.max(0, nowMs - (countedAtMs ?? nowMs));
      countedAtMs = nowMs;
      tokens = Math.min(burstFrames, tokens + (elapsedMs * framesPerSecond) / 1000);
    },
    isEmpty: () => tokens < 1,
    take(): void {
      tokens -= 1;
      refused = Math.max(0, refused - 1);
    },
    refuse(): Pushed {
      refused += 1;
      if (refused > maxRefusedFrames) return flood;
      return { is: 'refused', retryAfterMs: Math.max(minRetryAfterMs, Math.ceil(1000 / framesPerSecond)) };
    },
  };
};

/** @param handle never throws; frames that it handles synchronously cost no queue */
export const createInbox = (
  handle: (frame: RawFrame, arrivedAtMs: number) => Promise<void> | undefined,
  limits: InboxLimits,
): Inbox => {
  type Waiting = { readonly frame: RawFrame; readonly arrivedAtMs: number };
  const bucket = createBucket(limits);
  let waiting: Waiting[] = [];
  let waitingLength = 0;
  let batch: Waiting[] = [];
  let working: Promise<void> | undefined;

  const work = async (first: Promise<void>): Promise<void> => {
    await first;
    // A swap of arrays instead of shift: a long queue costs its length, not its square.
    while (waiting.length > 0) {
      batch = waiting;
      waiting = [];
      waitingLength = 0;
      for (const { frame, arrivedAtMs } of batch) {
        const done = handle(frame, arrivedAtMs);
        if (done !== undefined) await done;
      }
    }
    working = undefined;
  };

  const isFull = (frame: RawFrame): boolean =>
    waiting.length >= limits.maxQueuedFrames || waitingLength + frame.length > limits.maxQueuedLength;

  return {
    push(frame, nowMs) {
      bucket.fill(nowMs);
      if (bucket.isEmpty()) return bucket.refuse();
      if (working !== undefined) {
        if (isFull(frame)) return bucket.refuse();
        waiting.push({ frame, arrivedAtMs: nowMs });
        waitingLength += frame.length;
        bucket.take();
        return taken;
      }
      bucket.take();
      const done = handle(frame, nowMs);
      if (done !== undefined) working = work(done);
      return taken;
    },
    clear() {
      waiting = [];
      waitingLength = 0;
      batch.length = 0; // ends the walk over it
    },
    idle: async () => {
      await working;
    },
  };
};
