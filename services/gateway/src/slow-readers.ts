import { closeCodes } from '@kuraxx/contracts';
import type { Session } from './session.ts';

export type SlowReaderLimits = {
  /** A reader with more unsent bytes is closed. */
  readonly maxUnsentBytes: number;
  /** Of all readers together: past it those with the most are closed. */
  readonly allUnsentBytes: number;
  /** What readers that were closed may keep unsent, so that they can still read their close code. */
  readonly closingUnsentBytes: number;
};

export type SlowReaders = {
  /** Closes who has not read too much. What it has read it resumes from, as its close code says. */
  look(sessions: Iterable<Session>): void;
};

/** uWebSockets gives a socket that was ended and doesn't read on its memory back after so long (measured: 13 s). */
const lingersMs = 15_000;

/**
 * Keeps what sockets have not read yet within bounds, each for itself and all together: neither one reader nor thousands that stop reading at
 * once cost the others memory. Far below uWebSockets' own bound, where it would cut without a code.
 */
export const createSlowReaders = (limits: SlowReaderLimits, now: () => number = Date.now): SlowReaders => {
  let closing: { readonly bytes: number; readonly untilMs: number }[] = [];

  const close = (session: Session, bytes: number): void => {
    const nowMs = now();
    closing = closing.filter(({ untilMs }) => untilMs > nowMs);
    const kept = closing.reduce((sum, one) => sum + one.bytes, 0);
    if (kept + bytes > limits.closingUnsentBytes) return session.cut();
    closing.push({ bytes, untilMs: nowMs + lingersMs });
    session.end(closeCodes.slowReader, 'reading too slowly: resume');
  };

  return {
    look(sessions) {
      const slow: { readonly session: Session; readonly bytes: number }[] = [];
      let all = 0;
      for (const session of sessions) {
        const bytes = session.unsentBytes();
        if (bytes === 0) continue;
        if (bytes > limits.maxUnsentBytes) {
          close(session, bytes);
          continue;
        }
        all += bytes;
        slow.push({ session, bytes });
      }
      if (all <= limits.allUnsentBytes) return;
      slow.sort((one, other) => other.bytes - one.bytes);
      for (const { session, bytes } of slow) {
        close(session, bytes);
        all -= bytes;
        if (all <= limits.allUnsentBytes) return;
      }
    },
  };
};
