import type { Versioned } from '../aggregates.ts';

/** A state with the event that it ends with, by which a reader makes sure that it is of this very log. */
export type Snapshot<S> = Versioned<S> & { readonly eventId: string };

/** Stored states from which a fold may begin. Losing them all costs nothing but time. */
export type Snapshots<S> = {
  /** After so many events since the last one a new one is offered. */
  readonly every: number;
  /** @returns undefined when there is none, it is of another fold or log, or it can't be had in a moment. Never throws. */
  find(id: string): Promise<Snapshot<S> | undefined>;
  /** Stores it some time later, or never. Returns at once; never throws. */
  offer(id: string, snapshot: Snapshot<S>): void;
};

/** So many events are read before it is asked whether there is a snapshot: most subjects have fewer, and cost no request more. */
export const eventsBeforeAsking = 16;

/** For kinds that are never long. */
export const noSnapshots: Snapshots<never> = {
  every: Number.MAX_SAFE_INTEGER,
  find: async () => undefined,
  offer: () => undefined,
};
