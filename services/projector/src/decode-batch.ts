import { decodeRecord, type LogRecord, type StoredEvent } from '@kuraxx/event-store';

export type Batch = {
  readonly events: readonly StoredEvent[];
  /** Sequence of the last record that could be read, undefined when not even the first one. */
  readonly upTo: number | undefined;
  /** Why the rest could not be read. */
  readonly failure: unknown;
};

/** Decodes records up to the first that this build can't read (a later version of an event, broken data). Unknown types are left out. */
export const decodeBatch = (records: readonly LogRecord[]): Batch => {
  const events: StoredEvent[] = [];
  let upTo: number | undefined;
  for (const record of records) {
    try {
      const event = decodeRecord(record);
      if (event !== undefined) events.push(event);
      upTo = record.position.sequence;
    } catch (failure) {
      return { events, upTo, failure };
    }
  }
  return { events, upTo, failure: undefined };
};
