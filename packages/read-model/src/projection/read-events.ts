import { decodeRecord, type LogRecord, type StoredEvent, UnreadableEvent } from '@kuraxx/event-store';
import type { ParkingCause } from './parked.ts';

/** An event that can't be projected: its aggregate is parked. */
export type FailedEvent = {
  readonly record: LogRecord;
  readonly failure: { readonly cause: ParkingCause; readonly reason: string };
};

/** What comes from the log, in order. */
export type ReadEvent = StoredEvent | FailedEvent;

/** Decodes records; those on foreign subjects are left out, for they are no events of ours. */
export const readEvents = (records: readonly LogRecord[]): ReadEvent[] => {
  const events: ReadEvent[] = [];
  for (const record of records) {
    if (record.subject.kind === 'foreign') continue;
    try {
      events.push(decodeRecord(record));
    } catch (error) {
      if (!(error instanceof UnreadableEvent)) throw error;
      events.push({ record, failure: { cause: 'unreadable', reason: error.message } });
    }
  }
  return events;
};
