import { setTimeout as delay } from 'node:timers/promises';
import { type CheckpointWatch, type EventLog, type Partition, type Position, Unavailable } from '@kuraxx/event-store';
import { createHeads } from './heads.ts';

/** How long an answer waits for the read models. */
const waitMs = 2_000;
/** How often a projection that stands still is looked at again. */
const lookAgainMs = 100;

/**
 * Makes reads see what was answered before, by any process: a write waits for its own event, and a read for whatever
 * the log holds when it comes. All waits are bounded by 2 s; after that, or with the log
 * away, what is there is answered.
 */
export type Freshness = {
  /** @returns whether the read models show the event at `position` now. */
  written(position: Position): Promise<boolean>;
  /** The room, and the people in it, as of this call. */
  room(roomId: string): Promise<Reached>;
  /** All accounts as of this call. */
  accounts(): Promise<Reached>;
  /** Everything as of this call: for lists over rooms, which may lie in any partition. */
  everything(): Promise<Reached>;
};

/** What the read models have reached, so that a replica of them can be measured by it; undefined when they are late, or nobody knows. */
export type Reached = readonly Position[] | undefined;

type Log = Pick<EventLog, 'head' | 'partitions' | 'partitionOf' | 'epochOf'>;

/** @param probe rejects with `Unavailable` when the database of the read models is away */
export const createFreshness = (
  log: Log,
  checkpoints: Pick<CheckpointWatch, 'waitFor'>,
  probe: () => Promise<unknown>,
): Freshness => {
  const head = createHeads(log);

  /** A projection that stands still is not waited for while its database is away: the read itself then says so at once. */
  const waitThroughStandstill = async (position: Position, untilMs: number): Promise<boolean> => {
    const reached = () => checkpoints.waitFor(position, Math.max(0, untilMs - Date.now()));
    if (await reached()) return true;
    if (Date.now() >= untilMs) return false;
    await probe();
    while (Date.now() < untilMs) {
      if (await reached()) return true;
      await delay(lookAgainMs);
    }
    return false;
  };

  const catchUp = async (partition: Partition, untilMs: number): Promise<Reached> => {
    const sequence = await head(partition);
    if (sequence === 0) return [];
    const position = { epoch: log.epochOf(partition), partition, sequence };
    return (await waitThroughStandstill(position, untilMs)) ? [position] : undefined;
  };

  const catchUpAll = async (partitions: readonly Partition[]): Promise<Reached> => {
    const untilMs = Date.now() + waitMs;
    const all = Promise.all(partitions.map((partition) => catchUp(partition, untilMs)));
    // with the log away what is there is answered
    const settled = all.then(
      (reached): Reached => (reached.includes(undefined) ? undefined : reached.flatMap((positions) => positions ?? [])),
      (error: unknown): Reached => {
        if (!(error instanceof Unavailable)) throw error;
        return undefined;
      },
    );
    return within(settled, waitMs);
  };

  return {
    written: (position) => checkpoints.waitFor(position, waitMs),
    room: (roomId) => catchUpAll([log.partitionOf(roomId), 'accounts']),
    accounts: () => catchUpAll(['accounts']),
    everything: () => catchUpAll(log.partitions),
  };
};

const within = async (work: Promise<Reached>, timeoutMs: number): Promise<Reached> => {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), timeoutMs);
  });
  return Promise.race([work, timeout]).finally(() => clearTimeout(timer));
};
