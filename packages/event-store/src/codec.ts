import { type ChatEvent, chatEventSchema, type EventType, wireTypes } from '@kuraxx/domain';
import { UnreadableEvent } from './errors.ts';
import type { HeaderFields, ReadHeaders } from './headers.ts';
import type { LogRecord, Partition, StoredEvent } from './ports.ts';
import { parseSubject } from './subjects.ts';
import { type Upcasters, upcasters } from './upcasters.ts';

const typeByName = new Map<string, EventType>();
for (const [type, { name }] of Object.entries(wireTypes)) if (isEventType(type)) typeByName.set(name, type);

function isEventType(type: string): type is EventType {
  return Object.hasOwn(wireTypes, type);
}

const splitWireType = (wireType: string): { type: EventType | undefined; version: number } => {
  const cut = wireType.lastIndexOf('.v');
  return { type: typeByName.get(wireType.slice(0, cut)), version: Number(wireType.slice(cut + 2)) };
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
}): LogRecord => {
  const { subject, sequence, headers: header, data, epoch, partition } = stored;
  const wireType = header?.get('ce-type') ?? '';
  const via = header?.get('kuraxx-via') ?? '';
  return {
    position: { epoch, partition, sequence },
    subject: parseSubject(subject),
    wireType,
    type: splitWireType(wireType).type,
    eventId: header?.get('ce-id') ?? '',
    time: header?.get('ce-time') ?? '',
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

/** Lifts data of an old version to the newest one, a version at a time. */
const upcast = (type: EventType, from: number, data: unknown, table: Upcasters): unknown => {
  let current = data;
  for (let version = from; version < wireTypes[type].version; version++) {
    const lift = table[type]?.[version];
    if (lift === undefined) throw new Error(`no upcaster for ${type} from version ${version}`);
    current = lift(current);
  }
  return current;
};

const parse = (record: LogRecord, type: EventType, version: number): ChatEvent => {
  try {
    const stored: unknown = JSON.parse(decoder.decode(record.data));
    return chatEventSchema.parse({ type, data: upcast(type, version, stored, upcasters) });
  } catch (error) {
    throw new UnreadableEvent(record, 'its data is not what its type promises', { cause: error });
  }
};

/**
 * The event in a record, in its newest version.
 *
 * @throws {UnreadableEvent} and nothing else: a type or a version that this build doesn't know, a subject that is none of
 *   the log, data that isn't what its type promises. To go on as if it had not happened would be guessing.
 */
export const decodeRecord = (record: LogRecord): StoredEvent => {
  const { type, version } = splitWireType(record.wireType);
  if (record.subject.kind === 'foreign')
    throw new UnreadableEvent(record, `the subject ${record.subject.text} is foreign`);
  if (type === undefined || !(version >= 1 && version <= wireTypes[type].version)) {
    throw new UnreadableEvent(record, 'this build does not know its type; a newer one may');
  }
  return { ...parse(record, type, version), record };
};

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
