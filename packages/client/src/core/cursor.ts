/**
 * Where a reader stands in one room.
 *
 * `away`: not connected, or not asked for yet. `entering`: `resume` or `room:join` is under way. `resting`: it is asked for again at
 * `retryAtMs`. `live`: nothing is missing up to `seen`.
 */
export type Cursor = {
  readonly phase: 'away' | 'entering' | 'resting' | 'live';
  /** The last position seen; undefined before the first entering. Opaque: compared for equality alone. */
  readonly seen: string | undefined;
  /** `seen` is a frame's own position. The position in an answer may be where following began, before the room's first frame. */
  readonly isFramed: boolean;
  /** A hole between a complete replay and the answer after it was found at this position before: it can't be filled. */
  readonly unfillable: string | undefined;
  /** Enterings in a row that brought nothing new. */
  readonly failures: number;
  readonly retryAtMs: number;
};

/** @param since the last position that an earlier life of this application has seen */
export const newCursor = (since?: string): Cursor => ({
  phase: 'away',
  seen: since,
  isFramed: false, // it may come from an answer
  unfillable: undefined,
  failures: 0,
  retryAtMs: 0,
});

export type Placed = { readonly position: string; readonly prev: string | null };

/** What to do with a frame: give it to the application; ignore it (a double, or the replay will bring it); ask again from `seen`. */
export type Verdict = 'deliver' | 'ignore' | 'hole';

/** Whether a frame follows directly on what was seen. */
const follows = ({ phase, seen, isFramed }: Cursor, { prev }: Placed): boolean =>
  seen === undefined ? phase === 'live' : prev === seen || (prev === null && !isFramed);

/** Judges a frame by where it says that it stands. Frames are delivered in the room's order, each once, without a hole. */
export const place = (cursor: Cursor, frame: Placed): { readonly cursor: Cursor; readonly verdict: Verdict } => {
  if (cursor.phase === 'away' || cursor.phase === 'resting') return { cursor, verdict: 'ignore' };
  if (follows(cursor, frame)) {
    return { cursor: { ...cursor, seen: frame.position, isFramed: true, failures: 0 }, verdict: 'deliver' };
  }
  if (cursor.phase === 'entering' || frame.position === cursor.seen) return { cursor, verdict: 'ignore' };
  return { cursor, verdict: 'hole' };
};

/**
 * `entered`: live now for the first time. `resumed`: live again, nothing is missing. `reset`: live again, but what came in between can't be
 * given. `hole`: the replay was not complete: ask again from `seen`.
 */
export type Arrival = 'entered' | 'resumed' | 'reset' | 'hole';

/** The server says that the room is live from here on. */
export const arrive = (
  cursor: Cursor,
  answer: { readonly position: string | null; readonly reset: boolean },
): { readonly cursor: Cursor; readonly arrival: Arrival } => {
  const seen = answer.position ?? undefined;
  const live = { ...cursor, phase: 'live' as const, unfillable: undefined };
  if (cursor.seen === undefined) return { cursor: { ...live, seen, isFramed: false }, arrival: 'entered' };
  if (answer.reset) return { cursor: { ...live, seen, isFramed: false }, arrival: 'reset' };
  if (!cursor.isFramed) return { cursor: { ...live, seen: seen ?? cursor.seen }, arrival: 'resumed' };
  // Once a frame was seen, the room's position is that of its last frame, which the replay has just brought.
  if (cursor.seen === seen) return { cursor: live, arrival: 'resumed' };
  if (cursor.unfillable === cursor.seen) return { cursor: { ...live, seen, isFramed: false }, arrival: 'reset' };
  return { cursor: { ...cursor, unfillable: cursor.seen }, arrival: 'hole' };
};
