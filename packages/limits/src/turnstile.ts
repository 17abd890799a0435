/** So many wait for one key at most. */
const maxWaiting = 200;

/** Lets a bounded number of attempts on one key be at work in this process; others wait their turn. */
export type Turnstile = {
  /**
   * Asks `places` how many may be at work now, and again after attempts have ended, until there is one.
   *
   * @returns false when too many wait already; else it has entered and must `leave`
   * @throws what `places` throws; it has not entered then
   */
  enter(key: string, places: () => Promise<number>): Promise<boolean>;
  leave(key: string): void;
};

export const createTurnstile = (): Turnstile => {
  type Gate = { inside: number; readonly waiting: (() => void)[] };
  const gates = new Map<string, Gate>();
  let ended = 0;

  const gateOf = (key: string): Gate => {
    const gate = gates.get(key) ?? { inside: 0, waiting: [] };
    gates.set(key, gate);
    return gate;
  };
  const wakeNext = (key: string): void => {
    const gate = gates.get(key);
    gate?.waiting.shift()?.();
    if (gate?.inside === 0 && gate.waiting.length === 0) gates.delete(key);
  };

  return {
    async enter(key, places) {
      let wasWoken = false;
      try {
        for (;;) {
          const seen = ended;
          const allowed = await places();
          if (seen !== ended) continue; // an attempt that ended meanwhile may have changed the answer
          const gate = gateOf(key);
          if (gate.inside < allowed) {
            gate.inside += 1;
            return true;
          }
          if (!wasWoken && gate.waiting.length >= maxWaiting) return false;
          await new Promise<void>((resolve) => {
            if (wasWoken) gate.waiting.unshift(resolve);
            else gate.waiting.push(resolve);
          });
          wasWoken = true;
        }
      } finally {
        if (wasWoken) wakeNext(key); // there may be room for one more, or nobody else to wake it
      }
    },
    leave(key) {
      ended += 1;
      gateOf(key).inside -= 1;
      wakeNext(key);
    },
  };
};
