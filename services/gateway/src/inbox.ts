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
  /** Resolves when nothing waits or is at work; undefined when that is so already. */
  idle(): Promise<void> | undefined;
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

type Waiting = { readonly frame: RawFrame; readonly arrivedAtMs: number };

const none: readonly Waiting[] = [];

/** A class, not closures: there are tens of thousands, and most are idle. */
class SocketInbox<O> implements Inbox {
  readonly #owner: O;
  readonly #handle: (owner: O, frame: RawFrame, arrivedAtMs: number) => Promise<void> | undefined;
  readonly #limits: InboxLimits;
  /** How many frames it may send at once: a bucket that fills up again. */
  #tokens: number;
  #countedAtMs: number | undefined = undefined;
  /** How many more frames were refused than taken since. */
  #refused = 0;
  #waiting: Waiting[] | undefined = undefined;
  #waitingLength = 0;
  /** Those at work; the walk over them ends when there are none any more. */
  #batch = none;
  #working: Promise<void> | undefined = undefined;

  constructor(
    owner: O,
    handle: (owner: O, frame: RawFrame, arrivedAtMs: number) => Promise<void> | undefined,
    limits: InboxLimits,
  ) {
    this.#owner = owner;
    this.#handle = handle;
    this.#limits = limits;
    this.#tokens = limits.burstFrames;
  }

  push(frame: RawFrame, nowMs: number): Pushed {
    this.#fill(nowMs);
    if (this.#tokens < 1 || (this.#working !== undefined && this.#isFull(frame))) return this.#refuse();
    this.#tokens -= 1;
    if (this.#refused > 0) this.#refused -= 1;
    if (this.#working !== undefined) {
      (this.#waiting ??= []).push({ frame, arrivedAtMs: nowMs });
      this.#waitingLength += frame.length;
      return taken;
    }
    const done = this.#handle(this.#owner, frame, nowMs);
    if (done !== undefined) this.#working = this.#work(done);
    return taken;
  }

  clear(): void {
    this.#waiting = undefined;
    this.#waitingLength = 0;
    this.#batch = none;
  }

  idle(): Promise<void> | undefined {
    return this.#working;
  }

  #fill(nowMs: number): void {
    const { burstFrames, framesPerSecond } = this.#limits;
    const elapsedMs = Math.max(0, nowMs - (this.#countedAtMs ?? nowMs));
    this.#countedAtMs = nowMs;
    this.#tokens = Math.min(burstFrames, this.#tokens + (elapsedMs * framesPerSecond) / 1000);
  }

  /** A flood is who is refused `maxRefusedFrames` times more often than not: never a client that waits as it is told. */
  #refuse(): Pushed {
    const { framesPerSecond, maxRefusedFrames } = this.#limits;
    this.#refused += 1;
    if (this.#refused > maxRefusedFrames) return flood;
    return { is: 'refused', retryAfterMs: Math.max(minRetryAfterMs, Math.ceil(1000 / framesPerSecond)) };
  }

  #isFull(frame: RawFrame): boolean {
    const { maxQueuedFrames, maxQueuedLength } = this.#limits;
    return (this.#waiting?.length ?? 0) >= maxQueuedFrames || this.#waitingLength + frame.length > maxQueuedLength;
  }

  async #work(first: Promise<void>): Promise<void> {
    await first;
    // A swap of arrays instead of shift: a long queue costs its length, not its square.
    while (this.#waiting !== undefined) {
      this.#batch = this.#waiting;
      this.#waiting = undefined;
      this.#waitingLength = 0;
      for (let next = 0; next < this.#batch.length; next++) {
        const one = this.#batch[next];
        const done = one && this.#handle(this.#owner, one.frame, one.arrivedAtMs);
        if (done !== undefined) await done;
      }
      this.#batch = none;
    }
    this.#working = undefined;
  }
}

/** @param handle gets the owner with each frame; never throws; frames that it handles synchronously cost no queue */
export const createInbox = <O>(
  owner: O,
  handle: (owner: O, frame: RawFrame, arrivedAtMs: number) => Promise<void> | undefined,
  limits: InboxLimits,
): Inbox => new SocketInbox(owner, handle, limits);
