import type { Recorded } from '../history/records.ts';
import type { LogEvent } from './log-event.ts';

/** The promises that are checked. */
export type Rule =
  /** An acknowledged write is in the log, once, as it was acknowledged. */
  | 'acknowledged'
  /** Nothing is in the log twice. */
  | 'once'
  /** What was refused, and never answered otherwise, is not in the log. */
  | 'refused'
  /** Every event of the log was allowed where it stands. */
  | 'legal'
  /** A socket is shown the log's events of the rooms that it is in: in order, without gap or double. */
  | 'sequence'
  /** Nobody is shown events of a time in which they were not in the room, and nothing is taken from them then. */
  | 'cut'
  /** History pages are the log's messages as they are now. */
  | 'pages'
  /** The read model is the log's messages, members and rooms as they are now. */
  | 'rows'
  /** A replay into an empty schema gives the same rows. */
  | 'replay'
  /** The Redis channels carry the log's events in order, each at least once, and once where nothing is broken. */
  | 'mirror'
  /** No internal error, no answer outside of the contract. */
  | 'answers'
  /** After everything is healed all becomes quiet within the time. */
  | 'quiet';

/** A broken promise, with what shows it. */
export type Violation = {
  readonly rule: Rule;
  readonly what: string;
  readonly evidence: readonly (Recorded | LogEvent | string)[];
};
