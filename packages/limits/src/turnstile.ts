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

type Gate = {
  inside: number;
  /** How many have ended so far. */
  ended: number;
  /** Inside, waiting or asking: without anybody the gate is forgotten. */
  visitors: number;
  readonly waiting: (() => void)[];
};

/** @returns whether it has got inside @throws what `places` throws */
const pass = async (gate: Gate, places: () => Promise<number>): Promise<boolean> => {
  let wasWoken = false;
  try {
    for (;;) {
      const seen = gate.ended;
      const allowed = await places();
      if (seen !== gate.ended) continue; // an attempt that ended meanwhile may have changed the answer
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
    if (wasWoken) gate.waiting.shift()?.(); // there may be room for one more, or nobody else to wake it
  }
};

export const createTurnstile = (): Turnstile => {
  const gates = new Map<string, Gate>();

  const goAway = (key: string, gate: Gate): void => {
    gate.visitors -= 1;
    if (gate.visitors === 0) gates.delete(key);
  };

  return {
    async enter(key, places) {
      const gate = gates.get(key) ?? { inside: 0, ended: 0, visitors: 0, waiting: [] };
      gates.set(key, gate);
      gate.visitors += 1;
      let isInside = false;
      try {
        isInside = await pass(gate, places);
        return isInside;
      } finally {
        if (!isInside) goAway(key, gate);
      }
    },
    leave(key) {
      const gate = gates.get(key);
      if (gate === undefined) return;
      gate.inside -= 1;
      gate.ended += 1;
      gate.waiting.shift()?.();
      goAway(key, gate);
    },
  };
};
