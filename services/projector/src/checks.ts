import type { Check } from '@kuraxx/runtime';
import type { Lags, PartitionLag } from './metrics.ts';

/** Readers wait two seconds for what they are owed; a projection that is later than this is seen by people. */
const lateSeconds = 2;

const reasonOf = ({ status: { schema, partition, phase, parked }, lag }: PartitionLag): readonly string[] => {
  const late =
    lag !== undefined && lag.seconds > lateSeconds
      ? [`${lag.events} events and ${Math.round(lag.seconds)} s behind`]
      : [];
  const what = [...(phase === 'stalled' ? ['stalled'] : []), ...late, ...(parked > 0 ? [`${parked} parked`] : [])];
  return what.length === 0 ? [] : [`partition ${partition} of ${schema}: ${what.join(', ')}`];
};

/** Tells of partitions that are late, stand still or have parked rooms: this projector goes on with what it can. */
export const lagCheck = (lags: Lags): Check => ({
  name: 'projection',
  required: false,
  run: async () => {
    const all: string[] = [];
    for (const one of await lags()) {
      if (one.status === 'rejected') throw one.reason;
      all.push(...reasonOf(one.value));
    }
    return all.length === 0 ? undefined : all.join('; ');
  },
});
