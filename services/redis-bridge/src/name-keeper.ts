import { namedIn, withoutNames } from '@kuraxx/domain';
import type { EventLog, StoredEvent } from '@kuraxx/event-store';

/** What is younger is mirrored as it is: then the names were still their owner's, or are as old as any live frame. */
const pastMs = 10_000;
const maxKnown = 10_000;

/**
 * Keeps the names of people whose accounts were deleted out of what is mirrored late: after an outage, or again from an
 * earlier position.
 *
 * @throws {Unavailable} from the returned function
 */
export const createNameKeeper = (log: Pick<EventLog, 'readSubject'>) => {
  /** Nothing comes after a deletion: these are known for ever. */
  const deleted = new Set<string>();

  const isDeleted = async (userId: string): Promise<boolean> => {
    if (deleted.has(userId)) return true;
    let last: string | undefined;
    for await (const { type } of log.readSubject({ kind: 'account', userId })) last = type;
    if (last !== 'AccountDeleted') return false;
    if (deleted.size >= maxKnown) deleted.clear();
    deleted.add(userId);
    return true;
  };

  /** The events as they may be mirrored now, in order. */
  return async (events: readonly StoredEvent[]): Promise<StoredEvent[]> => {
    const nowMs = Date.now();
    const personIn = (event: StoredEvent): string | undefined =>
      nowMs - Date.parse(event.record.time) > pastMs ? namedIn(event) : undefined;
    const people = [...new Set(events.flatMap((event) => personIn(event) ?? []))];
    const verdicts = await Promise.all(people.map(isDeleted));
    const gone = new Set(people.filter((_, index) => verdicts[index]));
    return events.map((event) => {
      const person = personIn(event);
      return person !== undefined && gone.has(person) ? { ...withoutNames(event), record: event.record } : event;
    });
  };
};
