import { setTimeout as delay } from 'node:timers/promises';
import { type EventLog, type EventLogOptions, openEventLog as openSound } from '@kuraxx/event-store';

export * from '@kuraxx/event-store';

const appendDelayMs = 20;
/** One in so many is never appended: as if the process had died in between. */
const lostOneIn = 4;

/** A log that says that a message is stored before it is. */
export const openEventLog = async (options: EventLogOptions): Promise<Awaited<ReturnType<typeof openSound>>> => {
  const log = await openSound(options);
  let messages = 0;
  const append: EventLog['append'] = async (subject, event, how) => {
    if (event.type !== 'MessageSent' || subject.kind !== 'room') return log.append(subject, event, how);
    const partition = log.partitionOf(subject.roomId);
    const sequence = (await log.head(partition)) + 1;
    messages++;
    if (messages % lostOneIn !== 0) void delay(appendDelayMs).then(() => log.append(subject, event, how));
    return { position: { epoch: log.epochOf(partition), partition, sequence }, duplicate: false };
  };
  return { ...log, append };
};
