import { DeliverPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { MsgHdrs, NatsConnection } from 'nats';
import { describeLog } from '../describe-log.ts';
import { Unavailable } from '../errors.ts';
import type { Partition } from '../ports.ts';
import { consumeOptions, discard } from '../stream-reader.ts';
import { streamName } from '../subjects.ts';
import type { LogIdentity, RawEvent } from './raw-event.ts';

/** Set by an append for the server alone. */
const steering = /^nats-/i;
const silenceMs = 10_000;

const headersOf = (headers: MsgHdrs | undefined): (readonly [string, string])[] =>
  [...(headers ?? [])].flatMap(([name, values]) =>
    steering.test(name) ? [] : values.map((value) => [name, value] as const),
  );

/** A log as it is now, to be read whole while it goes on growing. */
export type LogCopy = {
  readonly identity: LogIdentity;
  /** How many events there are up to the end as of the opening. */
  readonly total: number;
  /** All events up to that end: partition after partition, each in order. @throws {Unavailable} */
  events(): AsyncIterable<RawEvent>;
};

/**
 * @throws {Error} when there is no log, or a part of it is missing
 * @throws {Unavailable} when NATS is away
 */
export const openLogCopy = async (nats: NatsConnection): Promise<LogCopy> => {
  const { roomPartitions, streams, missing } = await describeLog(nats);
  if (roomPartitions === undefined) throw new Error('there is no KuraXX log on this NATS server');
  if (missing.length > 0) throw new Error(`the log is not whole: no stream for partition ${missing.join(', ')}`);
  const manager = await jetstreamManager(nats);
  const client = jetstream(nats);

  async function* partitionEvents(partition: Partition, end: number): AsyncIterable<RawEvent> {
    const name = streamName(partition);
    const consumer = await client.consumers.get(name, { deliver_policy: DeliverPolicy.All });
    const messages = await consumer.consume({ ...consumeOptions, max_messages: 1000 });
    let heard = Date.now();
    const watch = setInterval(() => Date.now() - heard > silenceMs && messages.stop(), 1000);
    try {
      for await (const message of messages) {
        const { seq: sequence, subject, headers, data } = message;
        if (sequence > end) return;
        yield { partition, sequence, subject, headers: headersOf(headers), data };
        heard = Date.now(); // the reader may have taken its time
        if (sequence === end) return;
      }
      throw new Unavailable(`read ${name}: the server fell silent`);
    } finally {
      clearInterval(watch);
      await messages.close();
      discard(consumer);
    }
  }

  /** The last event that is there: what was purged at the very end has left its number behind. */
  const lastEvent = async (partition: Partition, last: number): Promise<number> => {
    if (last === 0) return 0;
    const { state } = await manager.streams.info(streamName(partition), { deleted_details: true });
    const gone = new Set(state.deleted ?? []);
    let end = last;
    while (gone.has(end)) end -= 1;
    return state.messages === 0 ? 0 : end;
  };

  return {
    identity: {
      roomPartitions,
      epochs: Object.fromEntries(streams.map(({ partition, epoch }) => [String(partition), epoch ?? ''])),
    },
    total: streams.reduce((sum, { events }) => sum + events, 0),
    async *events() {
      for (const { partition, last } of streams) {
        const end = await lastEvent(partition, last);
        if (end > 0) yield* partitionEvents(partition, end);
      }
    },
  };
};
