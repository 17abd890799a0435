import { type EventLog, type EventLogOptions, openEventLog as openSound } from '@kuraxx/event-store';

export * from '@kuraxx/event-store';

/** A log that stores a repeated send as another event. */
export const openEventLog = async (options: EventLogOptions): Promise<Awaited<ReturnType<typeof openSound>>> => {
  const log = await openSound(options);
  const append: EventLog['append'] = (subject, event, { eventId: _eventId, ...how } = {}) =>
    log.append(subject, event, how);
  return { ...log, append };
};
