import { decodeRecord, formatPosition, type LogRecord } from '@kuraxx/event-store';

/** An event as it is shown: its place, its attributes and its data as stored. */
export type EventView = {
  readonly position: string;
  readonly about: string;
  readonly type: string;
  readonly id: string;
  readonly time: string;
  readonly via?: string;
  /** As stored, whatever its version; `undefined` when it is no JSON. */
  readonly data?: unknown;
  /** Why this build can't read it, if it can't. */
  readonly unreadable?: string;
};

const decoder = new TextDecoder();

const about = ({ subject }: LogRecord): string => {
  switch (subject.kind) {
    case 'account':
      return `account ${subject.userId}`;
    case 'file':
      return `file ${subject.fileId} of ${subject.userId}`;
    case 'foreign':
      return subject.text;
    case 'room':
      return `room ${subject.roomId} ${subject.aspect}`;
  }
};

const dataOf = (record: LogRecord): { data: unknown } | { unreadable: string } => {
  try {
    return { data: JSON.parse(decoder.decode(record.data)) };
  } catch {
    return { unreadable: 'its data is no JSON' };
  }
};

const whyUnreadable = (record: LogRecord): string | undefined => {
  try {
    decodeRecord(record);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

/** Never throws: an event that can't be read is shown as far as it can. */
export const viewOf = (record: LogRecord): EventView => {
  const unreadable = whyUnreadable(record);
  return {
    position: formatPosition(record.position),
    about: about(record),
    type: record.wireType,
    id: record.eventId,
    time: record.time,
    ...(record.via === undefined ? {} : { via: record.via }),
    ...(unreadable === undefined ? {} : { unreadable }),
    ...dataOf(record),
  };
};

const maxText = 160;

const cut = (text: string): string => (text.length > maxText ? `${text.slice(0, maxText - 1)}…` : text);

/** One line. */
export const lineOf = (view: EventView): string =>
  [
    view.time,
    view.position,
    view.type.replace(/^kuraxx\./, ''),
    view.about,
    cut(view.data === undefined ? (view.unreadable ?? '') : JSON.stringify(view.data)),
  ].join('  ');

/** All of it. */
export const pageOf = (view: EventView): string =>
  [
    `position  ${view.position}`,
    `about     ${view.about}`,
    `type      ${view.type}`,
    `id        ${view.id}`,
    `time      ${view.time}`,
    ...(view.via === undefined ? [] : [`via       ${view.via}`]),
    ...(view.unreadable === undefined ? [] : [`unreadable ${view.unreadable}`]),
    JSON.stringify(view.data, null, 2) ?? '',
  ].join('\n');
