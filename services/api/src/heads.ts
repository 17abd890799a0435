import type { EventLog, Partition } from '@kuraxx/event-store';

/**
 * The last sequence of a partition, never older than the call. One look-up at a time for each partition, however many
 * ask: who comes while one is under way shares the next one, because the one under way may have been answered already.
 */
export const createHeads = (log: Pick<EventLog, 'head'>): ((partition: Partition) => Promise<number>) => {
  const running = new Map<Partition, Promise<number>>();
  const next = new Map<Partition, Promise<number>>();

  const start = (partition: Partition): Promise<number> => {
    const lookup = log.head(partition).finally(() => running.delete(partition));
    running.set(partition, lookup);
    return lookup;
  };

  const startNext = (partition: Partition): Promise<number> => {
    next.delete(partition);
    return start(partition);
  };

  return (partition) => {
    const current = running.get(partition);
    if (current === undefined) return start(partition);
    const shared =
      next.get(partition) ??
      current.then(
        () => startNext(partition),
        () => startNext(partition),
      );
    next.set(partition, shared);
    return shared;
  };
};
