import type { EventLog } from '@kuraxx/event-store';
import type { Check } from '@kuraxx/runtime';
import { isHere, lagOf } from './metrics.ts';
import type { ProjectionStatus } from './projector.ts';

/** Readers wait two seconds for what they are owed; a projection that is later than this is seen by people. */
const lateSeconds = 2;

/** Tells of partitions that are late, stand still or have parked rooms: this projector goes on with what it can. */
export const lagCheck = (
  log: Pick<EventLog, 'head' | 'readPartition'>,
  statuses: () => readonly ProjectionStatus[],
): Check => ({
  name: 'projection',
  required: false,
  run: async () => {
    const reasons = await Promise.all(
      statuses()
        .filter(isHere)
        .map(async ({ schema, partition, phase, sequence, parked }) => {
          const { events, seconds } = await lagOf(log, partition, sequence);
          const late = seconds > lateSeconds ? [`${events} events and ${Math.round(seconds)} s behind`] : [];
          const what = [
            ...(phase === 'stalled' ? ['stalled'] : []),
            ...late,
            ...(parked > 0 ? [`${parked} parked`] : []),
          ];
          return what.length === 0 ? [] : [`partition ${partition} of ${schema}: ${what.join(', ')}`];
        }),
    );
    const all = reasons.flat();
    return all.length === 0 ? undefined : all.join('; ');
  },
});
