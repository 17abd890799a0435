import type { Consumer, JetStreamClient, JetStreamManager, JsMsg, StoredMsg } from '@nats-io/jetstream';
import { DeliverPolicy } from '@nats-io/jetstream';
import type { NatsConnection } from 'nats';
import { recordOf } from './codec.ts';
import type { Reach } from './connection.ts';
import { Unavailable } from './errors.ts';
import { headersOf, headersOfConsumed, type ReadHeaders } from './headers.ts';
import type { EventLog, LogRecord, Partition } from './ports.ts';
import { heartbeatMs, openPull, type Pull } from './pull.ts';
import { streamName } from './subjects.ts';

export type StreamReader = {
  /** The last record that matches the filter (wildcards allowed). */
  last(partition: Partition, filter: string): Promise<LogRecord | undefined>;
  /** Records that match, with `after < sequence <= upTo`, in order. */
  read(partition: Partition, filter: string, after: number, upTo: number): AsyncIterable<LogRecord>;
  /** Makes a consumer of the partition that starts at a sequence; what it brings, a batch at a time, is told as records. Closing gives it back: once. */
  pull(
    partition: Partition,
    filter: string,
    startSequence: number,
    onRecord: (record: LogRecord) => void,
  ): Promise<Pull>;
};

/** So many are fetched one by one (0.4 ms each); more are worth a consumer (some 10 ms to set up, 150,000 messages/s). */
const directGets = 40;
/** A consumer that brings nothing for so long has lost its server. */
const silenceMs = 5000;

/** The server drops a consumer of ours that nobody asks for so long; the library's five minutes would pile them up. */
const consumerLifeMs = 30_000;

/** A consumer that has lost its server shows it within 2 s (with the library's defaults it takes up to 45 s). */
export const consumeOptions = { expires: 2000, idle_heartbeat: heartbeatMs } as const;

/** Ordered consumers stay on the server when they are closed, and each costs a little at every append: away with it. */
export const discard = (consumer: Consumer): void => {
  consumer.delete().catch(() => undefined); // the server drops it by itself in a while
};

/**
 * Reads streams, short stretches message by message and long ones by a consumer that lives for one read.
 *
 * @param needs.isReplicated whether a partition has copies. Any copy answers a direct get, also one that lags behind what
 *   has been acknowledged; then the leader is asked instead.
 */
export const createStreamReader = (needs: {
  readonly nats: NatsConnection;
  readonly client: JetStreamClient;
  readonly manager: JetStreamManager;
  readonly epochOf: EventLog['epochOf'];
  readonly reach: Reach;
  readonly isReplicated: (partition: Partition) => boolean;
}): StreamReader => {
  const { nats, client, manager, epochOf, reach, isReplicated } = needs;
  const get = async (
    partition: Partition,
    query: { last_by_subj: string } | { seq: number; next_by_subj: string },
  ): Promise<LogRecord | undefined> => {
    const source = isReplicated(partition) ? manager.streams : manager.direct;
    const message = await reach('read the log', () => source.getMessage(streamName(partition), query));
    return message === null ? undefined : stored(partition, message);
  };
  const toRecord = (
    partition: Partition,
    { subject, data }: { readonly subject: string; readonly data: Uint8Array },
    at: { readonly sequence: number; readonly storedAtMs: number; readonly headers: ReadHeaders | undefined },
  ): LogRecord => recordOf({ ...at, subject, data, epoch: epochOf(partition), partition });
  const stored = (partition: Partition, message: StoredMsg): LogRecord =>
    toRecord(partition, message, {
      sequence: message.seq,
      storedAtMs: message.time.getTime(),
      headers: message.header,
    });
  const consumed = (partition: Partition, message: JsMsg): LogRecord =>
    toRecord(partition, message, {
      sequence: message.seq,
      storedAtMs: message.time.getTime(),
      headers: headersOfConsumed(message),
    });

  const consumer = (partition: Partition, filter: string, startSequence: number): Promise<Consumer> =>
    reach(`consume ${filter}`, () =>
      client.consumers.get(streamName(partition), {
        filter_subjects: filter,
        deliver_policy: DeliverPolicy.StartSequence,
        opt_start_seq: startSequence,
        inactive_threshold: consumerLifeMs,
      }),
    );

  const pull: StreamReader['pull'] = async (partition, filter, startSequence, onRecord) => {
    const opened = await consumer(partition, filter, startSequence);
    const { stream_name: stream, name } = await opened.info(true);
    const messages = openPull(nats, { stream, name }, (message, { sequence, storedAtMs }) =>
      onRecord(toRecord(partition, message, { sequence, storedAtMs, headers: headersOf(message) })),
    );
    return {
      next: (batch) => messages.next(batch),
      close: () => {
        messages.close();
        discard(opened);
      },
    };
  };

  const last = (partition: Partition, filter: string): Promise<LogRecord | undefined> =>
    get(partition, { last_by_subj: filter });

  const next = (partition: Partition, filter: string, from: number): Promise<LogRecord | undefined> =>
    get(partition, { seq: from, next_by_subj: filter });

  async function* consume(partition: Partition, filter: string, from: number): AsyncIterable<LogRecord> {
    const opened = await consumer(partition, filter, from);
    const messages = await reach(`read ${filter}`, () => opened.consume({ ...consumeOptions, max_messages: 1000 }));
    let heard = Date.now();
    let isReading = true; // the reader may take its time over a record: that is no silence of the server
    const watch = setInterval(() => isReading && Date.now() - heard > silenceMs && messages.stop(), silenceMs / 5);
    try {
      for await (const message of messages) {
        isReading = false;
        yield consumed(partition, message);
        heard = Date.now();
        isReading = true;
      }
      throw new Unavailable(`read ${filter}: the server fell silent`);
    } finally {
      clearInterval(watch);
      await messages.close();
      discard(opened);
    }
  }

  async function* read(partition: Partition, filter: string, after: number, upTo: number): AsyncIterable<LogRecord> {
    const newest = await last(partition, filter);
    const end = Math.min(upTo, newest?.position.sequence ?? 0);
    let at = after;
    for (let count = 0; count < directGets && at < end; count++) {
      const found = await next(partition, filter, at + 1);
      if (found === undefined || found.position.sequence > end) return;
      at = found.position.sequence;
      yield found;
    }
    if (at >= end) return;
    for await (const found of consume(partition, filter, at + 1)) {
      if (found.position.sequence > end) return;
      yield found;
      // what matches may end before `upTo`: the newest one is known, so nothing more is waited for
      if (found.position.sequence >= (newest?.position.sequence ?? 0) || found.position.sequence === end) return;
    }
  }

  return { last, read, pull };
};
