import type { Partition } from '../ports.ts';

/** An event exactly as stored, decoded or not: what a copy of the log is made of. */
export type RawEvent = {
  readonly partition: Partition;
  readonly sequence: number;
  readonly subject: string;
  /** All headers that the writer set, in order; those that only steered the append are left out. */
  readonly headers: readonly (readonly [string, string])[];
  readonly data: Uint8Array;
};

/** What makes one log another: copies keep it, so that positions stay what they are. */
export type LogIdentity = {
  readonly roomPartitions: number;
  readonly epochs: Readonly<Record<string, string>>;
};
