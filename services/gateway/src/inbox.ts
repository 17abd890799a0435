/** The frames of one socket, handled one at a time in the order of their arrival. */
export type Inbox = {
  /** @returns false when the client sends more than it may: the caller closes the socket */
  push(text: string, nowMs: number): boolean;
  /** Forgets what waits. The frame at work is finished. */
  clear(): void;
  /** Resolves when nothing waits or is at work. */
  idle(): Promise<void>;
};

/** @param handle never throws; frames that it handles synchronously cost no queue */
export const createInbox = (
  handle: (text: string, arrivedAtMs: number) => Promise<void> | undefined,
  limits: { maxQueuedFrames: number; framesPerSecond: number; burstFrames: number },
): Inbox => {
  type Waiting = { readonly text: string; readonly arrivedAtMs: number };
  let waiting: Waiting[] = [];
  let batch: Waiting[] = [];
  let working: Promise<void> | undefined;
  let tokens = limits.burstFrames;
  let countedAtMs: number | undefined;

  const work = async (first: Promise<void>): Promise<void> => {
    await first;
    // A swap of arrays instead of shift: a long queue costs its length, not its square.
    while (waiting.length > 0) {
      batch = waiting;
      waiting = [];
      for (const { text, arrivedAtMs } of batch) {
        const done = handle(text, arrivedAtMs);
        if (done !== undefined) await done;
      }
    }
    working = undefined;
  };

  const isAllowed = (nowMs: number): boolean => {
    const elapsedMs = nowMs - (countedAtMs ?? nowMs);
    countedAtMs = nowMs;
    tokens = Math.min(limits.burstFrames, tokens + (elapsedMs * limits.framesPerSecond) / 1000) - 1;
    return tokens >= 0;
  };

  return {
    push(text, nowMs) {
      if (!isAllowed(nowMs) || waiting.length >= limits.maxQueuedFrames) return false;
      if (working !== undefined) {
        waiting.push({ text, arrivedAtMs: nowMs });
        return true;
      }
      const done = handle(text, nowMs);
      if (done !== undefined) working = work(done);
      return true;
    },
    clear() {
      waiting = [];
      batch.length = 0; // ends the walk over it
    },
    idle: async () => {
      await working;
    },
  };
};
