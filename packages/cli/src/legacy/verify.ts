import { decodeRecord, type EventLog, type LogRecord } from '@kuraxx/event-store';
import { type Maintenance, ReadModelUnavailable, type RowKind } from '@kuraxx/read-model';
import { pause } from '@kuraxx/runtime';
import { type Kind, parseEventId } from './events-of.ts';
import { type Counts, zeroes } from './tally.ts';

/** So many ids are looked for at once. */
const chunkIds = 5000;
const lookAgainMs = 500;

/** Imported things, as they are in the log and in the rows that the api reads. */
export type Found = {
  /** Imported events in the log. */
  readonly log: Counts;
  /** Of the things in the log those that have a row; null: the read model was not up to date in time. */
  readonly rows: { readonly [K in RowKind]: { readonly inLog: number; readonly inRows: number } } | null;
};

const rowKinds: Partial<Record<Kind, RowKind>> = {
  user: 'users',
  room: 'rooms',
  member: 'members',
  message: 'messages',
};

const isKind = (counts: Counts, kind: string): kind is Kind => Object.hasOwn(counts, kind);

const membershipsIn = (record: LogRecord): string[] => {
  const event = decodeRecord(record);
  return event.type === 'RoomCreated' ? event.data.members.map(({ membershipId }) => membershipId) : [];
};

/** @returns the serving read model once it has all that is in the log; undefined when it doesn't come so far in time */
const upToDate = async (maintenance: Maintenance, waitMs: number, signal: AbortSignal): Promise<string | undefined> => {
  for (const deadline = Date.now() + waitMs; !signal.aborted; await pause(lookAgainMs, signal)) {
    try {
      const { models } = await maintenance.status();
      const serving = models.find(({ serves }) => serves);
      if (serving?.partitions.every(({ lag }) => lag === 0) === true) return serving.schema;
    } catch (error) {
      if (!(error instanceof ReadModelUnavailable)) throw error;
    }
    if (Date.now() > deadline) return undefined;
  }
  return undefined;
};

/** Counts what was imported, whatever run has stored it, in the log and then in the read model. */
export const findImported = async (
  log: EventLog,
  maintenance: Maintenance,
  options: { readonly waitMs: number; readonly signal: AbortSignal; readonly onRecords: (count: number) => unknown },
): Promise<Found> => {
  const counts = zeroes();
  const schema = await upToDate(maintenance, options.waitMs, options.signal);
  const found = { users: 0, rooms: 0, members: 0, messages: 0 };
  const asked = { users: 0, rooms: 0, members: 0, messages: 0 };
  const waiting: Record<RowKind, string[]> = { users: [], rooms: [], members: [], messages: [] };
  const look = async (kind: RowKind, atLeast: number): Promise<void> => {
    const ids = waiting[kind];
    if (schema === undefined || ids.length < atLeast) return;
    waiting[kind] = [];
    asked[kind] += ids.length;
    found[kind] += await maintenance.countThere(schema, kind, ids);
  };
  const expect = async (kind: RowKind, ids: readonly string[]): Promise<void> => {
    if (schema === undefined) return;
    waiting[kind].push(...ids);
    await look(kind, chunkIds);
  };
  let read = 0;
  for (const partition of log.partitions) {
    for await (const record of log.readPartition(partition, { after: 0, upTo: Number.MAX_SAFE_INTEGER })) {
      if (options.signal.aborted) break;
      if (++read % chunkIds === 0) options.onRecords(read);
      const known = parseEventId(record.eventId);
      if (known === undefined || record.via !== 'import' || !isKind(counts, known.kind)) continue;
      counts[known.kind]++;
      const kind = rowKinds[known.kind];
      if (kind !== undefined) await expect(kind, [known.id]);
      if (known.kind === 'room') await expect('members', membershipsIn(record));
    }
  }
  for (const kind of ['users', 'rooms', 'members', 'messages'] as const) await look(kind, 1);
  const rowsOf = (kind: RowKind) => ({ inLog: asked[kind], inRows: found[kind] });
  return {
    log: counts,
    rows:
      schema === undefined
        ? null
        : { users: rowsOf('users'), rooms: rowsOf('rooms'), members: rowsOf('members'), messages: rowsOf('messages') },
  };
};
