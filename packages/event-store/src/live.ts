import type { Msg, NatsConnection } from 'nats';
import { recordOf } from './codec.ts';
import { headersOf } from './headers.ts';
import type { OwnData } from './own-data.ts';
import type { EventLog, LogRecord, Partition } from './ports.ts';
import { livePrefix } from './subjects.ts';

/** A record as the server repeats it live, with the sequence of the event before it on the same subject (0: the first). */
export type LiveRecord = { readonly record: LogRecord; readonly previousSequence: number };

/** @returns `undefined` for what did not come from the server's own republishing */
const liveRecord = (
  message: Msg,
  epochOf: EventLog['epochOf'],
  ownData: Pick<OwnData, 'has'>,
): LiveRecord | undefined => {
  const headers = headersOf(message);
  const { data } = message;
  const subject = headers?.get('Nats-Subject') ?? '';
  const sequence = Number(headers?.get('Nats-Sequence') ?? '');
  if (headers === undefined || subject === '' || !(sequence > 0)) return undefined;
  const [, kind, second] = subject.split('.');
  const partition: Partition = kind === 'account' ? 'accounts' : Number(second);
  const record = recordOf({ subject, sequence, headers, data, epoch: epochOf(partition), partition });
  return {
    record: ownData.has(record.eventId, data) ? { ...record, isOwn: true } : record,
    previousSequence: Number(headers.get('Nats-Last-Sequence') || '0'),
  };
};

/**
 * Subscribes to live events by their subject in the log.
 *
 * @param filter without the live prefix, as in `kuraxx.room.*.*.meta`
 */
export const subscribeLive = (
  nats: NatsConnection,
  epochOf: EventLog['epochOf'],
  ownData: Pick<OwnData, 'has'>,
  filter: string,
  listener: (live: LiveRecord) => void,
): (() => void) => {
  const subscription = nats.subscribe(filter.replace('kuraxx.', livePrefix), {
    callback: (error, message) => {
      const live = error === null ? liveRecord(message, epochOf, ownData) : undefined;
      if (live !== undefined && live.record.subject.kind !== 'foreign') listener(live);
    },
  });
  return () => subscription.unsubscribe();
};
