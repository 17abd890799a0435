import type { EventLog, LogRecord, Partition } from '@kuraxx/event-store';

/** What is parked as one: nothing that happens to one of them changes rows of another. */
export type Aggregate =
  | { readonly kind: 'room'; readonly roomId: string }
  | { readonly kind: 'account'; readonly userId: string }
  | { readonly kind: 'file'; readonly userId: string; readonly fileId: string };

/** Its name in the table `parked`: `room:<id>`, `account:<id>` or `file:<user>/<id>`. */
export const nameOf = (aggregate: Aggregate): string => {
  switch (aggregate.kind) {
    case 'room':
      return `room:${aggregate.roomId}`;
    case 'account':
      return `account:${aggregate.userId}`;
    case 'file':
      return `file:${aggregate.userId}/${aggregate.fileId}`;
  }
};

/** @throws {TypeError} for a name that none has */
export const aggregateNamed = (name: string): Aggregate => {
  const [, kind, first = '', second] = /^(room|account|file):([^/]+)(?:\/([^/]+))?$/.exec(name) ?? [];
  if (kind === 'room' && second === undefined) return { kind, roomId: first };
  if (kind === 'account' && second === undefined) return { kind, userId: first };
  if (kind === 'file' && second !== undefined) return { kind, userId: first, fileId: second };
  throw new TypeError(`not a room, account or file: ${name}`);
};

/** @returns undefined for a foreign subject, which changes no rows */
export const aggregateOf = ({ subject }: LogRecord): Aggregate | undefined =>
  subject.kind === 'foreign' ? undefined : subject;

/** Events of an aggregate with `after < sequence <= upTo`, in order. @throws {Unavailable} */
export async function* recordsOf(
  log: Pick<EventLog, 'readRoom' | 'readSubject'>,
  aggregate: Aggregate,
  { after, upTo }: { readonly after: number; readonly upTo: number },
): AsyncIterable<LogRecord> {
  if (aggregate.kind === 'room') {
    yield* log.readRoom(aggregate.roomId, { after, upTo });
    return;
  }
  for await (const record of log.readSubject(aggregate, after)) {
    if (record.position.sequence > upTo) return;
    yield record;
  }
}

/** The partition in which an aggregate's events are. */
export const partitionOf = (log: Pick<EventLog, 'partitionOf'>, aggregate: Aggregate): Partition =>
  aggregate.kind === 'room' ? log.partitionOf(aggregate.roomId) : 'accounts';
