import type { EventLog } from '@kuraxx/event-store';
import { within } from './within.ts';

/**
 * The log's `catchUp` with a bound. All who share a call of that share this one too, so it costs one timer for all of them.
 *
 * @throws {Unavailable}
 */
export const catchUpWithin = (log: Pick<EventLog, 'catchUp'>, timeoutMs: number): (() => Promise<void>) => {
  let shared: Promise<void> | undefined;
  let bounded: Promise<void> = Promise.resolve();
  return () => {
    const catchingUp = log.catchUp();
    if (catchingUp !== shared) {
      shared = catchingUp;
      bounded = within(catchingUp, timeoutMs, 'catch up with what is live');
    }
    return bounded;
  };
};
