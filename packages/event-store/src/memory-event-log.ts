import { randomUUID } from 'node:crypto';
import { encodeEvent, recordOf } from './codec.ts';
import { PositionConflict } from './errors.ts';
import { headersOfFields } from './headers.ts';
import type { EventLog, LogRecord, Partition, Subject } from './ports.ts';
import { partitionOfRoom } from './position.ts';
import { partitionOfSubject, subjectText } from './subjects.ts';

type Listener = (record: LogRecord, previousSequence: number) => void;

/** The log in memory, for tests: the same promises as the one on JetStream, save durability. */
export const memoryEventLog = ({ roomPartitions = 4 }: { roomPartitions?: number } = {}): EventLog => {
  const partitions: Partition[] = ['accounts', ...Array.from({ length: roomPartitions }, (_, index) => index)];
  const streams = new Map<Partition, LogRecord[]>(partitions.map((partition) => [partition, []]));
  const byEventId = new Map<string, LogRecord>();
  const listeners = new Set<Listener>();
  const epochOf = (): string => 'memory';
  const streamOf = (partition: Partition): LogRecord[] => streams.get(partition) ?? [];
  const partitionOf = (subject: Subject): Partition => partitionOfSubject(subject, roomPartitions);
  const textOf = (subject: Subject): string => subjectText(subject, roomPartitions);
  const isOn = (subject: Subject) => (record: LogRecord) =>
    record.subject.kind !== 'foreign' && textOf(record.subject) === textOf(subject);
  const isInRoom =
    (roomId: string) =>
    ({ subject }: LogRecord) =>
      subject.kind === 'room' && subject.roomId === roomId;
  const lastSequence = async (subject: Subject): Promise<number> =>
    streamOf(partitionOf(subject)).findLast(isOn(subject))?.position.sequence ?? 0;
  const head = async (partition: Partition): Promise<number> => streamOf(partition).length;

  return {
    roomPartitions,
    partitions,
    partitionOf: (roomId) => partitionOfRoom(roomId, roomPartitions),
    epochOf,
    head,
    lastSequence,
    append: async (subject, event, { eventId = randomUUID(), expectedSequence, via, traceparent } = {}) => {
      const partition = partitionOf(subject);
      const known = byEventId.get(eventId);
      if (known !== undefined) return { position: known.position, duplicate: true };
      const stream = streamOf(partition);
      const previous = stream.findLast(isOn(subject))?.position.sequence ?? 0;
      if (expectedSequence !== undefined && expectedSequence !== previous) {
        throw new PositionConflict(`wrong last sequence: ${previous}`);
      }
      const { data, headers } = encodeEvent(event, {
        eventId,
        source: 'kuraxx/memory',
        time: new Date().toISOString(),
        via,
        traceparent,
      });
      const record = recordOf({
        subject: textOf(subject),
        sequence: stream.length + 1,
        headers: headersOfFields(headers),
        data,
        epoch: epochOf(),
        partition,
        storedAtMs: Date.now(),
      });
      stream.push(record);
      byEventId.set(eventId, record);
      queueMicrotask(() => listeners.forEach((listener) => listener(record, previous)));
      return { position: record.position, duplicate: false };
    },
    readSubject: async function* (subject, afterSequence = 0) {
      yield* streamOf(partitionOf(subject)).filter(
        (record) => isOn(subject)(record) && record.position.sequence > afterSequence,
      );
    },
    readRoom: async function* (roomId, { after, upTo }) {
      yield* streamOf(partitionOfRoom(roomId, roomPartitions)).filter(
        (record) => isInRoom(roomId)(record) && record.position.sequence > after && record.position.sequence <= upTo,
      );
    },
    readPartition: async function* (partition, { after, upTo }) {
      yield* streamOf(partition).slice(after, upTo);
    },
    consume: async (partition, { after, maxBatch = 500 }, onRecords) => {
      let at = after;
      let stopped = false;
      let wake: (() => void) | undefined;
      const listener: Listener = () => wake?.();
      listeners.add(listener);
      const work = async (): Promise<void> => {
        while (!stopped) {
          const batch = streamOf(partition).slice(at, at + maxBatch);
          if (batch.length === 0) await new Promise<void>((resolve) => (wake = resolve));
          else await onRecords(batch);
          at += batch.length;
        }
      };
      const working = work();
      const failed = new Promise<never>((_resolve, reject) => void working.catch(reject));
      failed.catch(() => undefined); // for those who only ever stop it
      return {
        failed,
        stop: async () => {
          stopped = true;
          listeners.delete(listener);
          wake?.();
          await working.catch(() => undefined); // told through `failed`
        },
      };
    },
    followRoom: async (roomId, onRecord) => {
      const partition = partitionOfRoom(roomId, roomPartitions);
      const from = await head(partition);
      const [lastMessage, lastEdit] = await Promise.all([
        lastSequence({ kind: 'room', roomId, aspect: 'msg' }),
        lastSequence({ kind: 'room', roomId, aspect: 'edit' }),
      ]);
      const listener: Listener = (record) => {
        if (isInRoom(roomId)(record) && record.position.sequence > from) onRecord(record);
      };
      listeners.add(listener);
      return { from, lastMessage, lastEdit, stop: () => void listeners.delete(listener) };
    },
    followFacts: async (onRecord) => {
      const listener: Listener = (record, previous) => {
        const { subject } = record;
        if (subject.kind === 'account' || (subject.kind === 'room' && subject.aspect === 'meta')) {
          onRecord(record, previous);
        }
      };
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    catchUp: async () => new Promise((resolve) => queueMicrotask(resolve)),
  };
};
