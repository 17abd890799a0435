import type { EventLog } from '@kuraxx/event-store';
import { counterBy } from '@kuraxx/runtime';
import { Gauge, type Registry } from 'prom-client';
import type { Publication } from './publication.ts';

/** What the mirror tells of its work. */
export type Observe = {
  published(publications: readonly Publication[]): void;
  /** Everything of the partition up to this sequence is published. */
  reached(partition: number, sequence: number): void;
  /** This bridge leads, or leads no more. */
  leading(isLeading: boolean): void;
};

export const createMetrics = (registry: Registry, log: Pick<EventLog, 'head'>): Observe => {
  const registers = [registry];
  const published = new Map<string, number>();
  counterBy(
    registry,
    { name: 'kuraxx_bridge_published_total', help: 'Messages published on Redis', labelNames: ['channel'] },
    () => [...published].map(([channel, count]) => [{ channel }, count]),
  );
  const leads = new Gauge({
    name: 'kuraxx_bridge_leading',
    help: '1 while this bridge is the one that publishes',
    registers,
  });
  const reached = new Map<number, number>();
  const backlog = new Gauge({
    name: 'kuraxx_bridge_backlog_events',
    help: 'Events of a partition that are stored but not published; of the bridge that leads',
    labelNames: ['partition'],
    registers,
    async collect() {
      await Promise.all(
        [...reached].map(async ([partition, sequence]) => {
          // NATS is away: the last figure stands, and /readyz says so
          const head = await log.head(partition).catch(() => undefined);
          if (head !== undefined && reached.has(partition)) this.set({ partition }, Math.max(0, head - sequence));
        }),
      );
    },
  });
  return {
    published: (publications) => {
      for (const { channel } of publications) published.set(channel, (published.get(channel) ?? 0) + 1);
    },
    reached: (partition, sequence) => void reached.set(partition, sequence),
    leading: (isLeading) => {
      leads.set(isLeading ? 1 : 0);
      if (isLeading) return;
      reached.clear();
      backlog.reset(); // or the last figure would stand for ever
    },
  };
};
