import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from 'nats';
import { createAppend } from './append.ts';
import { fixPartitions } from './buckets.ts';
import { createCatchUp } from './catch-up.ts';
import { createReach, watchConnection } from './connection.ts';
import { createConsume } from './consume.ts';
import { createFollowFacts } from './follow-facts.ts';
import { createFollowRoom } from './follow-room.ts';
import { createOwnData } from './own-data.ts';
import type { EventLog, Partition } from './ports.ts';
import { partitionOfRoom } from './position.ts';
import { createPublisher } from './publisher.ts';
import { createStreamReader } from './stream-reader.ts';
import { ensureStream } from './streams.ts';
import { partitionFilter, partitionOfSubject, roomFilter, streamName, subjectText } from './subjects.ts';

export type EventLogOptions = {
  readonly nats: NatsConnection;
  /** How many streams the rooms are spread over; fixed for ever at the first start. Default 4. */
  readonly roomPartitions?: number;
  /** Copies of each stream in a NATS cluster. Default 1. */
  readonly replicas?: number;
  /** Who writes, for the `ce-source` header: `kuraxx/api`. */
  readonly source: string;
};

/**
 * Opens the log on JetStream and sets up what is missing. Works on NATS 2.9 and newer. The connection stays the caller's.
 *
 * @throws {NotSetUp} when something is missing, and this user may not make it
 * @throws {Error} when the log was set up with another number of partitions, a stream is not ours, or this user may not read
 */
export const openEventLog = async (options: EventLogOptions): Promise<EventLog & { close(): Promise<void> }> => {
  const { nats, roomPartitions = 4, replicas = 1, source } = options;
  const manager = await jetstreamManager(nats);
  const partitions: Partition[] = ['accounts', ...Array.from({ length: roomPartitions }, (_, index) => index)];
  const streams = new Map<Partition, Awaited<ReturnType<typeof ensureStream>>>();
  await fixPartitions(nats, manager, roomPartitions, replicas);
  for (const partition of partitions) streams.set(partition, await ensureStream(manager, partition, replicas));

  const epochOf = (partition: Partition): string => {
    const stream = streams.get(partition);
    if (stream === undefined) throw new RangeError(`no partition ${partition}: there are ${roomPartitions}`);
    return stream.epoch;
  };
  const state = watchConnection(nats);
  const reach = createReach(state);
  const publisher = createPublisher(nats, state);
  const ownData = createOwnData();
  const reader = createStreamReader({
    nats,
    client: jetstream(nats),
    manager,
    epochOf,
    reach,
    isReplicated: (partition) => (streams.get(partition)?.copies ?? replicas) > 1,
  });
  const partitionOf = (roomId: string): number => partitionOfRoom(roomId, roomPartitions);
  const head = (partition: Partition): Promise<number> =>
    reach(
      `head of ${streamName(partition)}`,
      async () => (await manager.streams.info(streamName(partition))).state.last_seq,
    );
  const lastSequence: EventLog['lastSequence'] = async (subject) => {
    const partition = partitionOfSubject(subject, roomPartitions);
    return (await reader.last(partition, subjectText(subject, roomPartitions)))?.position.sequence ?? 0;
  };
  const readSubject: EventLog['readSubject'] = (subject, afterSequence = 0) =>
    reader.read(
      partitionOfSubject(subject, roomPartitions),
      subjectText(subject, roomPartitions),
      afterSequence,
      Number.MAX_SAFE_INTEGER,
    );
  return {
    roomPartitions,
    partitions,
    partitionOf,
    epochOf,
    append: createAppend({ publisher, state, roomPartitions, source, epochOf, readSubject, ownData }),
    readSubject,
    lastSequence,
    head,
    readRoom: async function* (roomId, { after, upTo }) {
      const found = reader.read(partitionOf(roomId), roomFilter(roomId, roomPartitions), after, upTo);
      for await (const record of found) if (record.subject.kind === 'room') yield record;
    },
    readPartition: (partition, { after, upTo }) => reader.read(partition, partitionFilter(partition), after, upTo),
    consume: createConsume(reader, state, head),
    followRoom: createFollowRoom({
      nats,
      state,
      reach,
      reader,
      roomPartitions,
      ownData,
      log: { head, epochOf, lastSequence, partitionOf },
    }),
    followFacts: createFollowFacts(nats, state, reach, epochOf, ownData),
    catchUp: createCatchUp(nats, reach),
    close: async () => publisher.close(),
  };
};
