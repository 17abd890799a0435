import type { Consumer, JetStreamClient, JetStreamManager, JsMsg, StoredMsg } from '@nats-io/jetstream';
import { DeliverPolicy } from '@nats-io/jetstream';
import { recordOf } from './codec.ts';
import { reaching } from './connection.ts';
import { Unavailable } from './errors.ts';
import type { EventLog, LogRecord, Partition } from './ports.ts';
import { streamName } from './subjects.ts';

export type StreamReader = {
  /** The last record that matches the filter (wildcards allowed). */
  last(partition: Partition, filter: string): Promise<LogRecord | undefined>;
  /** Records that match, with `after < sequence <= upTo`, in order. */
  read(partition: Partition, filter: string, after: number, upTo: number): AsyncIterable<LogRecord>;
  /** Opens a consumer of the partition that starts at a sequence. */
  consumer(partition: Partition, filter: string, startSequence: number): Promise<Consumer>;
  /** A message of such a consumer as a record. */
  record(partition: Partition, message: JsMsg): LogRecord;
};

/** So many are fetched one by one (0.4 ms each); more are worth a consumer (some 10 ms to set up, 150,000 messages/s). */
const directGets = 40;
/** A consumer that brings nothing for so long has lost its server. */
const silenceMs = 5000;

/** Reads streams, short stretches by direct gets and long ones by a consumer that lives for one read. */
export const createStreamReader = (
  client: JetStreamClient,
  manager: JetStreamManager,
  epochOf: EventLog['epochOf'],
): StreamReader => {
  const stored = (partition: Partition, message: StoredMsg): LogRecord =>
    recordOf({
      subject: message.subject,
      sequence: message.seq,
      headers: message.header,
      data: message.data,
      epoch: epochOf(partition),
      partition,
    });
  const record = (partition: Partition, message: JsMsg): LogRecord =>
    recordOf({
      subject: message.subject,
      sequence: message.seq,
      headers: message.headers,
      data: message.data,
      epoch: epochOf(partition),
      partition,
    });

  const consumer = (partition: Partition, filter: string, startSequence: number): Promise<Consumer> =>
    client.consumers.get(streamName(partition), {
      filter_subjects: filter,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: startSequence,
    });

  const last = (partition: Partition, filter: string): Promise<LogRecord | undefined> =>
    reaching(`read ${filter}`, async () => {
      const message = await manager.direct.getMessage(streamName(partition), { last_by_subj: filter });
      return message === null ? undefined : stored(partition, message);
    });

  const next = (partition: Partition, filter: string, from: number): Promise<LogRecord | undefined> =>
    reaching(`read ${filter}`, async () => {
      const message = await manager.direct.getMessage(streamName(partition), { seq: from, next_by_subj: filter });
      return message === null ? undefined : stored(partition, message);
    });

  async function* consume(partition: Partition, filter: string, from: number): AsyncIterable<LogRecord> {
    const opened = await reaching(`read ${filter}`, () => consumer(partition, filter, from));
    const messages = await reaching(`read ${filter}`, () => opened.consume({ expires: 2000, idle_heartbeat: 500 }));
    let heard = Date.now();
    const watch = setInterval(() => Date.now() - heard > silenceMs && messages.stop(), silenceMs / 5);
    try {
      for await (const message of messages) {
        heard = Date.now();
        yield record(partition, message);
      }
      throw new Unavailable(`read ${filter}: the server fell silent`);
    } finally {
      clearInterval(watch);
      await messages.close();
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

  return { last, read, consumer, record };
};
