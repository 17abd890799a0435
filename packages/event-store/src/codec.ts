import { type ChatEvent, chatEventSchema, type EventType, wireTypes } from '@kuraxx/domain';
import { UnreadableEvent } from './errors.ts';
import type { HeaderFields, ReadHeaders } from './headers.ts';
import type { LogRecord, Partition, StoredEvent } from './ports.ts';
import { parseSubject } from './subjects.ts';
import { type Upcasters, upcasters } from './upcasters.ts';

/** The names and newest versions of events, by their types. */
type EventTypes<T extends string> = Readonly<Record<T, { readonly name: string; readonly version: number }>>;

const namesOf = <T extends string>(types: EventTypes<T>): ReadonlyMap<string, T> => {
  const isType = (type: string): type is T => Object.hasOwn(types, type);
  const byName = new Map<string, T>();
  for (const type of Object.keys(types)) if (isType(type)) byName.set(types[type].name, type);
  return byName;
};

const typeByName = namesOf(wireTypes);

const splitWireType = (wireType: string): { name: string; version: number } => {
  const cut = wireType.lastIndexOf('.v');
  return { name: wireType.slice(0, cut), version: Number(wireType.slice(cut + 2)) };
};

/**
 * Bytes that are no UTF-8 are refused, not replaced: a replaced character would be a guess. A byte order mark is kept, and so refused: what is
 * passed on unread would have it in the middle.
 */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** CloudEvents in binary mode: attributes in headers, the data alone in the body. */
export const encodeEvent = (
  event: ChatEvent,
  attributes: {
    readonly eventId: string;
    readonly source: string;
    readonly time: string;
    readonly via?: string | undefined;
    readonly traceparent?: string | undefined;
  },
): { readonly data: Uint8Array; readonly headers: HeaderFields } => {
  const { name, version } = wireTypes[event.type];
  const { eventId, source, time, via, traceparent } = attributes;
  const headers = {
    'ce-specversion': '1.0',
    'ce-id': eventId,
    'ce-type': `${name}.v${version}`,
    'ce-time': time,
    'ce-source': source,
    ...(via === undefined ? {} : { 'kuraxx-via': via }),
    ...(traceparent === undefined ? {} : { traceparent }),
  };
  return { data: Buffer.from(JSON.stringify(event.data)), headers };
};

/** A stored message as a record of the log, without looking into its data. */
export const recordOf = (stored: {
  readonly subject: string;
  readonly sequence: number;
  readonly headers: ReadHeaders | undefined;
  readonly data: Uint8Array;
  readonly epoch: string;
  readonly partition: Partition;
  readonly storedAtMs?: number;
}): LogRecord => {
  const { subject, sequence, headers: header, data, epoch, partition, storedAtMs } = stored;
  const wireType = header?.get('ce-type') ?? '';
  const via = header?.get('kuraxx-via') ?? '';
  return {
    position: { epoch, partition, sequence },
    subject: parseSubject(subject),
    wireType,
    type: typeByName.get(splitWireType(wireType).name),
    eventId: header?.get('ce-id') ?? '',
    time: header?.get('ce-time') ?? '',
    storedAtMs,
    via: via === '' ? undefined : via,
    data,
    headers: header,
  };
};

/** The trace that an event was written in; undefined without one. */
export const traceparentOf = ({ headers }: LogRecord): string | undefined => {
  const traceparent = headers?.get('traceparent') ?? '';
  return traceparent === '' ? undefined : traceparent;
};

/** What reads events: one release's, or one that is only thought of (see the recipes in docs/events.md). */
export type Release<T extends string, E> = {
  readonly types: EventTypes<T>;
  readonly upcasters: Upcasters<T>;
  /** Throws for what isn't an event of this release in its newest version. */
  readonly parse: (event: { readonly type: T; readonly data: unknown }) => E;
};

/** Lifts data of an old version to the newest one, a version at a time. */
const upcast = <T extends string>(
  { types, upcasters: table }: Release<T, unknown>,
  type: T,
  from: number,
  data: unknown,
) => {
  let current = data;
  for (let version = from; version < types[type].version; version++) {
    const lift = table[type]?.[version];
    if (lift === undefined) throw new Error(`no upcaster for ${type} from version ${version}`);
    current = lift(current);
  }
  return current;
};

/** How a release reads a record: see `decodeRecord`, which is this release's. */
export const createDecode = <T extends string, E>(release: Release<T, E>): ((record: LogRecord) => E) => {
  const byName = namesOf(release.types);
  return (record) => {
    const { name, version } = splitWireType(record.wireType);
    const type = byName.get(name);
    if (record.subject.kind === 'foreign')
      throw new UnreadableEvent(record, `the subject ${record.subject.text} is foreign`);
    if (type === undefined || !(version >= 1 && version <= release.types[type].version)) {
      throw new UnreadableEvent(record, 'this build does not know its type; a newer one may');
    }
    try {
      const stored: unknown = JSON.parse(decoder.decode(record.data));
      return release.parse({ type, data: upcast(release, type, version, stored) });
    } catch (error) {
      throw new UnreadableEvent(record, 'its data is not what its type promises', { cause: error });
    }
  };
};

const decode = createDecode<EventType, ChatEvent>({
  types: wireTypes,
  upcasters,
  parse: (event) => chatEventSchema.parse(event),
});

/**
 * The event in a record, in its newest version.
 *
 * @throws {UnreadableEvent} and nothing else: a type or a version that this build doesn't know, a subject that is none of
 *   the log, data that isn't what its type promises. To go on as if it had not happened would be guessing.
 */
export const decodeRecord = (record: LogRecord): StoredEvent => ({ ...decode(record), record });

/** Whether the stored data is JSON at all: what passes it on unread must look. A fraction of what decoding costs. */
export const isWellFormed = ({ data, isOwn }: Pick<LogRecord, 'data' | 'isOwn'>): boolean => {
  if (isOwn === true) return true;
  try {
    JSON.parse(decoder.decode(data));
    return true;
  } catch {
    return false;
  }
};
