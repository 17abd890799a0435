import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { headers, type NatsConnection } from 'nats';
import { fixPartitions } from '../buckets.ts';
import { watchConnection } from '../connection.ts';
import type { Partition } from '../ports.ts';
import { createPublisher } from '../publisher.ts';
import { ensureStream, replaceEpoch } from '../streams.ts';
import { streamName } from '../subjects.ts';
import type { LogIdentity, RawEvent } from './raw-event.ts';

const timeoutMs = 10_000;
/** So many are under way at once. */
const inFlight = 512;

/** The target isn't fit: it has events of its own. */
export class NotEmpty extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NotEmpty';
  }
}

export type LogRestore = {
  /** How far each partition is already, from an attempt before. */
  readonly restored: ReadonlyMap<Partition, number>;
  /** Stores events under their own sequences; those that are there already are left out. Call it in order, one call at a time. */
  add(events: readonly RawEvent[]): Promise<void>;
  close(): void;
};

const partitionsOf = ({ roomPartitions }: LogIdentity): Partition[] => [
  'accounts',
  ...Array.from({ length: roomPartitions }, (_, index) => index),
];

/** An empty stream takes the copy's epoch; a stream with events must have it already. */
const prepare = async (
  manager: JetStreamManager,
  partition: Partition,
  epoch: string,
  replicas: number,
): Promise<number> => {
  const name = streamName(partition);
  const { epoch: own } = await ensureStream(manager, partition, replicas);
  const { state } = await manager.streams.info(name);
  if (own === epoch) return state.last_seq;
  if (state.last_seq > 0) throw new NotEmpty(`${name} has events of another log: restore into a system without any`);
  await replaceEpoch(manager, partition, epoch);
  return 0;
};

/**
 * Makes a log that is the copy of another: the same partitions, epochs and sequences, so the same positions. An attempt that
 * was cut off goes on where it was. No service may run meanwhile: it would write between, and know the streams by other epochs.
 *
 * @throws {NotEmpty} when there are events of another log
 * @throws {Error} when the target was set up with another number of partitions
 */
export const openLogRestore = async (
  nats: NatsConnection,
  identity: LogIdentity,
  replicas = 1,
): Promise<LogRestore> => {
  const manager = await jetstreamManager(nats);
  await fixPartitions(nats, manager, identity.roomPartitions, replicas);
  const restored = new Map<Partition, number>();
  for (const partition of partitionsOf(identity)) {
    const epoch = identity.epochs[String(partition)];
    if (epoch === undefined) throw new Error(`the copy says no epoch for partition ${partition}`);
    restored.set(partition, await prepare(manager, partition, epoch, replicas));
  }
  const publisher = createPublisher(nats, watchConnection(nats));

  /** A number that the original has given to nothing that is left: given to a placeholder, which is removed. */
  const skip = async (partition: Partition, sequence: number, subject: string): Promise<void> => {
    const header = headers();
    header.set('Nats-Expected-Last-Sequence', String(sequence - 1));
    await publisher.publish(subject, new Uint8Array(), header, timeoutMs);
    await manager.streams.deleteMessage(streamName(partition), sequence);
  };
  const store = (event: RawEvent): Promise<unknown> => {
    const header = headers();
    for (const [name, value] of event.headers) header.append(name, value);
    header.set('Nats-Expected-Last-Sequence', String(event.sequence - 1));
    return publisher.publish(event.subject, event.data, header, timeoutMs);
  };

  return {
    restored,
    async add(events) {
      let running: Promise<unknown>[] = [];
      const settle = async (): Promise<void> => {
        await Promise.all(running);
        running = [];
      };
      try {
        for (const event of events) {
          let last = restored.get(event.partition);
          if (last === undefined) throw new Error(`the copy has no partition ${event.partition}`);
          if (event.sequence <= last) continue;
          for (; last < event.sequence - 1; last++) {
            await settle();
            await skip(event.partition, last + 1, event.subject);
          }
          running.push(store(event));
          restored.set(event.partition, event.sequence);
          if (running.length >= inFlight) await settle();
        }
        await settle();
      } catch (error) {
        await Promise.allSettled(running); // none is under way any more when the caller hears of it
        throw error;
      }
    },
    close: () => publisher.close(),
  };
};
