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
  room(roomId: string): Promise<void>;
  /** All accounts as of this call. */
  accounts(): Promise<void>;
  /** Everything as of this call: for lists over rooms, which may lie in any partition. */
  everything(): Promise<void>;
};

type Log = Pick<EventLog, 'head' | 'partitions' | 'partitionOf' | 'epochOf'>;

/** @param probe rejects with `Unavailable` when the database of the read models is away */
export const createFreshness = (
  log: Log,
  checkpoints: Pick<CheckpointWatch, 'waitFor'>,
  probe: () => Promise<unknown>,
): Freshness => {
  const head = createHeads(log);

  /** A projection that stands still is not waited for while its database is away: the read itself then says so at once. */
  const waitThroughStandstill = async (position: Position, untilMs: number): Promise<void> => {
    const reached = () => checkpoints.waitFor(position, Math.max(0, untilMs - Date.now()));
    if ((await reached()) || Date.now() >= untilMs) return;
    await probe();
    while (Date.now() < untilMs && !(await reached())) await delay(lookAgainMs);
  };

  const catchUp = async (partition: Partition, untilMs: number): Promise<void> => {
    const sequence = await head(partition);
    const position = { epoch: log.epochOf(partition), partition, sequence };
    if (sequence > 0) await waitThroughStandstill(position, untilMs);
  };

  const catchUpAll = async (partitions: readonly Partition[]): Promise<void> => {
    const untilMs = Date.now() + waitMs;
    const all = Promise.all(partitions.map((partition) => catchUp(partition, untilMs)));
    // with the log away what is there is answered
    const settled = all.then(
      () => undefined,
      (error: unknown) => {
        if (!(error instanceof Unavailable)) throw error;
      },
    );
    await within(settled, waitMs);
  };

  return {
    written: (position) => checkpoints.waitFor(position, waitMs),
    room: (roomId) => catchUpAll([log.partitionOf(roomId), 'accounts']),
    accounts: () => catchUpAll(['accounts']),
    everything: () => catchUpAll(log.partitions),
  };
};

const within = async (work: Promise<void>, timeoutMs: number): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs);
  });
  await Promise.race([work, timeout]).finally(() => clearTimeout(timer));
};
