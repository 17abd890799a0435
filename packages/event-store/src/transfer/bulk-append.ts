import { setTimeout as delay } from 'node:timers/promises';
import type { ChatEvent } from '@kuraxx/domain';
import type { NatsConnection } from 'nats';
import { encodeEvent } from '../codec.ts';
import { watchConnection } from '../connection.ts';
import { PositionConflict, Unavailable } from '../errors.ts';
import { headersToPublish } from '../headers.ts';
import type { EventLog, Partition, Subject } from '../ports.ts';
import { createPublisher, maxInFlight, Refused } from '../publisher.ts';
import { partitionOfSubject, subjectText } from '../subjects.ts';

const timeoutMs = 10_000;
/** So many of a partition are in flight at once; fewer while others write to the same partition, so that less is in vain. */
const maxWidth = 1024;
const narrowing = 4;
const pauseMs = 200;
/** So often in a row nothing gets through before it is given up: with `pauseMs` longer than a server takes to restart. */
const maxFruitless = 100;

/** Something that happened before there was this log. */
export type PastEvent = {
  readonly subject: Subject;
  readonly event: ChatEvent;
  /** The same for the same thing, whoever brings it in and how often: by it what is there already is recognised. */
  readonly eventId: string;
  /** When it happened: ISO 8601, UTC. */
  readonly time: string;
};

export type BulkAppend = {
  /**
   * Stores events, those of one partition in the given order: whenever it stops, what is stored of a call is the beginning of each
   * partition's share. One call at a time.
   *
   * @throws {Unavailable} when the log is away for long, or full
   */
  add(events: readonly PastEvent[]): Promise<void>;
  close(): void;
};

/**
 * Appends much at once, many in flight together, whoever else may write meanwhile. Each event names the one before it,
 * so that none can overtake another whatever gets lost on the way. After a conflict or a lost answer the log is
 * asked what is there, and the rest follows.
 *
 * Open it before looking at what a former run has stored: only events behind the heads as of then are looked through for repetitions.
 *
 * @param options.source who writes, for `ce-source`
 */
export const openBulkAppend = async (
  nats: NatsConnection,
  log: Pick<EventLog, 'roomPartitions' | 'partitions' | 'head' | 'readPartition'>,
  { source }: { readonly source: string },
): Promise<BulkAppend> => {
  const publisher = createPublisher(nats, watchConnection(nats));
  const heads = new Map<Partition, number>();
  for (const partition of log.partitions) heads.set(partition, await log.head(partition));

  /** @param before the event that it follows at once; the first of many may follow anything, and so always gets through */
  const publish = async (past: PastEvent, before: PastEvent | undefined): Promise<number> => {
    const { subject, event, eventId, time } = past;
    const encoded = encodeEvent(event, { eventId, source, time, via: 'import' });
    const headers = headersToPublish({
      ...encoded.headers,
      'Nats-Msg-Id': eventId,
      // Not the expected sequence: it would let an event pass whose place somebody else's has taken while the one before it failed
      ...(before === undefined ? {} : { 'Nats-Expected-Last-Msg-Id': before.eventId }),
    });
    const stored = await publisher.publish(subjectText(subject, log.roomPartitions), encoded.data, headers, timeoutMs);
    return stored.sequence;
  };

  /** What of the events is not in the log behind a sequence; moves the head on. */
  const missing = async (partition: Partition, after: number, events: readonly PastEvent[]): Promise<PastEvent[]> => {
    const there = new Set<string>();
    const head = await log.head(partition);
    for await (const { eventId } of log.readPartition(partition, { after, upTo: head })) there.add(eventId);
    heads.set(partition, head);
    return events.filter(({ eventId }) => !there.has(eventId));
  };

  /** @param widest so many of them are in flight at once */
  const store = async (partition: Partition, events: readonly PastEvent[], widest: number): Promise<void> => {
    let rest = events;
    let width = widest;
    for (let fruitless = 0; rest.length > 0; ) {
      const head = heads.get(partition) ?? 0;
      const batch = rest.slice(0, width);
      const results = await Promise.allSettled(batch.map((event, index) => publish(event, batch[index - 1])));
      const failed = results.find((result) => result.status === 'rejected');
      if (failed === undefined) {
        const last = results.at(-1);
        heads.set(partition, last?.status === 'fulfilled' ? Math.max(head, last.value) : head);
        rest = rest.slice(batch.length);
        width = Math.min(widest, width * 2);
        fruitless = 0;
        continue;
      }
      if (failed.reason instanceof Refused) throw failed.reason; // full: what was stored before it stays
      width = Math.max(1, Math.floor(width / narrowing));
      const unsure = batch.filter((_, index) => results[index]?.status === 'rejected');
      const left = await missing(partition, head, unsure).catch((error: unknown) => {
        if (error instanceof Unavailable) return unsure; // asked again after the pause
        throw error;
      });
      fruitless = left.length < batch.length ? 0 : fruitless + 1;
      rest = [...left, ...rest.slice(batch.length)];
      if (fruitless === maxFruitless) {
        throw new Unavailable(`append to partition ${partition}: nothing gets through`, { cause: failed.reason });
      }
      if (!(failed.reason instanceof PositionConflict)) await delay(pauseMs);
    }
  };

  return {
    async add(events) {
      const shares = Map.groupBy(events, ({ subject }) => partitionOfSubject(subject, log.roomPartitions));
      const widest = Math.min(maxWidth, Math.floor(maxInFlight / shares.size)); // together no more than the publisher takes
      const stored = await Promise.allSettled([...shares].map(([partition, share]) => store(partition, share, widest)));
      for (const result of stored) if (result.status === 'rejected') throw result.reason; // none is under way any more
    },
    close: () => publisher.close(),
  };
};
