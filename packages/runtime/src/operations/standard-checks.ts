import { type CheckpointWatch, type EventLog, type Partition } from '@kuraxx/event-store';
import type { NatsLink } from '../nats-link.ts';
import type { Check } from './checks.ts';

/** Without NATS nothing can be sent: required everywhere. */
export const natsCheck = (link: Pick<NatsLink, 'trouble' | 'connection'>): Check => ({
  name: 'nats',
  required: true,
  run: async () => {
    const nats = link.connection();
    if (nats?.isClosed() === true) return 'the connection is closed';
    const trouble = link.trouble();
    if (trouble === undefined) await nats?.rtt();
    return trouble;
  },
});

/** The cheapest question to the read models. Required where nothing else is of use; people still chat without them. */
export const readModelCheck = (ask: () => Promise<unknown>, required: boolean): Check => ({
  name: 'read model',
  required,
  run: async () => {
    await ask();
    return undefined;
  },
});

/** Limits go on per process while Redis is away. */
export const limitsCheck = (isShared: () => boolean): Check => ({
  name: 'limits',
  required: false,
  run: () => (isShared() ? undefined : 'Redis is away: counted by this process alone'),
});

/** Somewhat less than a check may take. */
const projectionWaitMs = 800;

/** Whether what is in the log now gets to the read models while the check waits; what is late is only told. */
export const projectionCheck = (
  log: Pick<EventLog, 'partitions' | 'epochOf' | 'head'>,
  checkpoints: Pick<CheckpointWatch, 'waitFor'>,
): Check => {
  const isLate = async (partition: Partition): Promise<boolean> => {
    const sequence = await log.head(partition);
    const position = { epoch: log.epochOf(partition), partition, sequence };
    return sequence > 0 && !(await checkpoints.waitFor(position, projectionWaitMs));
  };
  return {
    name: 'projection',
    required: false,
    run: async () => {
      const late = await Promise.all(log.partitions.map(async (one) => ((await isLate(one)) ? [one] : [])));
      const partitions = late.flat();
      return partitions.length === 0 ? undefined : `the read model is behind in partition ${partitions.join(', ')}`;
    },
  };
};
