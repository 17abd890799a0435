import type { Announcement, Partition, Serving } from '@kuraxx/event-store';
import { announcementOf, type Status } from './status.ts';

/** Tells the world how far the serving read model is. At most once: it is repeated every second. */
export type Announce = (partition: Partition, announcement: Announcement) => void;

/** The statuses of one read model by partition. */
export type Statuses = ReadonlyMap<Partition, Status>;

export type Announcer = {
  /** A status has changed: it is announced soon, if its read model serves. */
  note(schema: string, partition: Partition): void;
  /** Announces all. */
  noteAll(): void;
};

/**
 * Announces the serving read model's checkpoints, and no others. A checkpoint is taken first and then the database is asked
 * which read model serves: so the rows had reached it while that read model served, and whichever serves later has it too,
 * because a switch goes only to one that is as far. While the database is away, what was known last is announced as stalled.
 */
export const createAnnouncer = (needs: {
  readonly statuses: ReadonlyMap<string, Statuses>;
  readonly readServing: () => Promise<Serving>;
  readonly epochOf: (partition: Partition) => string;
  readonly announce: Announce;
}): Announcer => {
  const { statuses, readServing, epochOf, announce } = needs;
  let waiting = new Map<Status, readonly [schema: string, partition: Partition]>();
  let isRunning = false;
  /** What was announced last of each partition, and as of which read model. */
  let known: Serving | undefined;
  const last = new Map<Partition, number>();

  const takeWaiting = () => {
    const now = Date.now();
    const taken = [...waiting].flatMap(([status, [schema, partition]]) => {
      const announcement = announcementOf(status, epochOf(partition), now);
      return announcement === undefined ? [] : [{ schema, partition, announcement }];
    });
    waiting = new Map();
    return taken;
  };

  const tell = async (): Promise<void> => {
    const taken = takeWaiting();
    if (taken.length === 0) return;
    const serving = await readServing().catch(() => undefined);
    known = serving ?? known;
    for (const { schema, partition, announcement } of taken) {
      if (known !== undefined && schema !== known.schema) continue;
      // with the database away nobody knows whether it still serves: only what was announced before stays true
      const sequence = serving === undefined ? (last.get(partition) ?? 0) : announcement.sequence;
      const stalled = serving === undefined || announcement.stalled;
      last.set(partition, sequence);
      announce(partition, { ...announcement, sequence, stalled, ...(known === undefined ? {} : { serving: known }) });
    }
  };

  const run = async (): Promise<void> => {
    if (isRunning) return; // it sees what was noted meanwhile
    isRunning = true;
    try {
      while (waiting.size > 0) await tell();
    } finally {
      isRunning = false;
    }
  };

  const add = (schema: string, partition: Partition): void => {
    const status = statuses.get(schema)?.get(partition);
    if (status !== undefined) waiting.set(status, [schema, partition]);
  };
  return {
    note: (schema, partition) => {
      add(schema, partition);
      void run();
    },
    noteAll: () => {
      for (const [schema, partitions] of statuses) for (const partition of partitions.keys()) add(schema, partition);
      void run();
    },
  };
};
