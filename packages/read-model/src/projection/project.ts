import { pause } from '@kuraxx/runtime';
import { failureOf } from '../errors.ts';
import type { Applied } from './apply.ts';
import type { ReadEvent } from './read-events.ts';

/** Before an event is given up it is tried again, after so long each: what looks deterministic may have been a moment's. */
const retryAfterMs = [50, 200, 800] as const;

type Apply = (events: readonly ReadEvent[], upTo: number, after: number) => Promise<Applied>;

/**
 * Applies a batch whatever is in it. When it can't be applied as a whole, its halves are, and so on until the one event is found
 * that can't; that one is tried again with back-off and then parks its aggregate. Each part is a transaction of its own, in
 * order: a crash leaves what was applied so far.
 *
 * @throws whatever doesn't come from a single event, and when the signal is aborted
 */
export const project = async (
  apply: Apply,
  events: readonly ReadEvent[],
  upTo: number,
  after: number,
  signal: AbortSignal,
): Promise<Applied> => {
  try {
    return await apply(events, upTo, after);
  } catch (error) {
    if (failureOf(error) === undefined || signal.aborted) throw error;
  }
  const [first, ...rest] = events;
  if (first === undefined) throw new Error('nothing to apply, and it failed');
  if (rest.length === 0) return insist(apply, first, upTo, after, signal);
  const middle = Math.ceil(events.length / 2);
  const left = events.slice(0, middle);
  const cut = left.at(-1)?.record.position.sequence ?? after;
  const before = await project(apply, left, cut, after, signal);
  const then = await project(apply, events.slice(middle), upTo, before.sequence, signal);
  return { ...then, newlyParked: [...before.newlyParked, ...then.newlyParked] };
};

const insist = async (
  apply: Apply,
  event: ReadEvent,
  upTo: number,
  after: number,
  signal: AbortSignal,
): Promise<Applied> => {
  let failure: ReturnType<typeof failureOf>;
  for (const ms of retryAfterMs) {
    await pause(ms, signal);
    signal.throwIfAborted();
    try {
      return await apply([event], upTo, after);
    } catch (error) {
      failure = failureOf(error);
      if (failure === undefined) throw error;
    }
  }
  return apply(failure === undefined ? [] : [{ record: event.record, failure }], upTo, after);
};
