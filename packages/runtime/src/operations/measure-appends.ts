import { wireTypes } from '@kuraxx/domain';
import type { EventLog } from '@kuraxx/event-store';
import { Counter, type Registry } from 'prom-client';
import { cheapHistogram } from './cheap-histogram.ts';

/** In seconds, around what one NATS server and a cluster take. */
const buckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** The same log; its appends are counted and timed. */
export const measureAppends = (log: EventLog, registry: Registry): EventLog => {
  const about = { name: 'kuraxx_append_seconds', help: 'Time until the log has acknowledged an event', buckets };
  const seconds = cheapHistogram(about, registry);
  const secondsOf = new Map(Object.keys(wireTypes).map((type) => [type, seconds.series({ type })]));
  const duplicates = new Counter({
    name: 'kuraxx_append_duplicates_total',
    help: 'Appends that the log recognised as repetitions',
    registers: [registry],
  });
  const failures = new Counter({
    name: 'kuraxx_append_failures_total',
    help: 'Appends that were not acknowledged, by kind of error (PositionConflict is retried and harmless)',
    labelNames: ['error'],
    registers: [registry],
  });
  return {
    ...log,
    append: async (subject, event, options) => {
      const startedAtMs = performance.now();
      try {
        const appended = await log.append(subject, event, options);
        secondsOf.get(event.type)?.observe((performance.now() - startedAtMs) / 1000);
        if (appended.duplicate) duplicates.inc();
        return appended;
      } catch (error) {
        failures.inc({ error: error instanceof Error ? error.name : 'unknown' });
        throw error;
      }
    },
  };
};
