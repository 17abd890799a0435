import { type Recorded, recordsOf } from '../history/records.ts';

/** What a kill was like for those who wanted to send. */
export type Recovery = {
  /** What was killed: its name, or several at once. */
  readonly target: string;
  /**
   * From the kill to the first acknowledgement of a message that was asked for after it, in the room where that took longest.
   * `undefined`: there is a room where none came any more.
   */
  readonly acceptedAfterMs: number | undefined;
};

/** Kills that come so close are one: a machine is lost with everything on it. */
const atOnceMs = 500;

/** For each time that processes were killed with `kill`, in order. */
export const recoveriesOf = (history: readonly Recorded[]): Recovery[] => {
  const roomOf = new Map(
    recordsOf(history, 'write').flatMap(({ op, write }) =>
      write.kind === 'send' ? [[op, write.roomId] as const] : [],
    ),
  );
  const rooms = new Set(roomOf.values());
  const sends = recordsOf(history, 'attempt').filter(({ op, outcome }) => roomOf.has(op) && outcome === 'acknowledged');
  const kills = recordsOf(history, 'faultBegun').filter(({ fault }) => fault.startsWith('kill '));
  const times: { at: number; targets: string[] }[] = [];
  for (const { at, target } of kills) {
    const last = times.at(-1);
    if (last !== undefined && at - last.at < atOnceMs) last.targets.push(target);
    else times.push({ at, targets: [target] });
  }
  return times.map(({ at, targets }) => {
    const firsts = [...rooms].map((roomId) => {
      const ends = sends.filter(({ op, askedAt }) => roomOf.get(op) === roomId && askedAt >= at).map((send) => send.at);
      return ends.length === 0 ? undefined : Math.min(...ends) - at;
    });
    const known = firsts.filter((ms) => ms !== undefined);
    const acceptedAfterMs = known.length < firsts.length ? undefined : Math.max(...known);
    return { target: targets.join(', '), acceptedAfterMs };
  });
};
