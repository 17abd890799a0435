import { randomUUID } from 'node:crypto';
import { eventually, type FreshServer, freshNats } from '@kuraxx/testing';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from 'nats';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { createReach, watchConnection } from './connection.ts';
import { createConsume, lookMs } from './consume.ts';
import { messageSent, roomSubject } from './event.fixture.ts';
import { openEventLog } from './open-event-log.ts';
import type { EventLog, LogRecord, Partition } from './ports.ts';
import { createStreamReader } from './stream-reader.ts';

let server: FreshServer;
let nats: NatsConnection;
beforeAll(async () => {
  server = await freshNats();
  nats = await connect({ servers: server.url });
});
afterAll(async () => {
  await nats?.close();
  await server?.remove();
});

const openReader = async (log: Pick<EventLog, 'epochOf'>) => {
  const state = watchConnection(nats);
  const reader = createStreamReader({
    nats,
    client: jetstream(nats),
    manager: await jetstreamManager(nats),
    epochOf: (partition) => log.epochOf(partition),
    reach: createReach(state),
    isReplicated: () => false,
  });
  return { state, reader };
};

test('a consumer that stands still while the connection stays is opened anew, behind what has come', async () => {
  const log = await openEventLog({ nats, source: 'kuraxx/test', roomPartitions: 1 });
  const { state, reader } = await openReader(log);
  let opened = 0;
  // what a lagging node of a cluster does: it takes the consumer, sends heartbeats, and has nothing more. (It is opened twice at first.)
  const lagging: Pick<typeof reader, 'pull'> = {
    pull: (partition, filter, start, onRecord) =>
      reader.pull(partition, opened++ < 2 ? 'kuraxx.room.0.nobody.msg' : filter, start, onRecord),
  };
  const came: LogRecord[] = [];
  const consume = createConsume(lagging, state, (partition) => log.head(partition));
  const consumption = await consume(0, { after: 0 }, async (records) => void came.push(...records));
  const roomId = randomUUID();
  for (let count = 0; count < 3; count++) await log.append(roomSubject(roomId, 'msg'), messageSent(roomId, 'x'));
  await eventually(() => expect(came.map(({ position }) => position.sequence)).toEqual([1, 2, 3]), {
    timeoutMs: 20_000,
  });
  expect(opened).toBe(3);
  await consumption.stop();
  await log.close();
});

test('the server is asked whether there is more only when nothing has come', async () => {
  const log = await openEventLog({ nats, source: 'kuraxx/test', roomPartitions: 1 });
  const after = await log.head(0);
  const { state, reader } = await openReader(log);
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  const head = vi.fn<typeof log.head>((partition) => log.head(partition));
  const came: LogRecord[] = [];
  const consumption = await createConsume(reader, state, head)(0, { after }, async (records) => {
    came.push(...records);
  });
  const roomId = randomUUID();
  for (let count = 1; count <= 3; count++) {
    await log.append(roomSubject(roomId, 'msg'), messageSent(roomId, 'x'));
    await eventually(() => expect(came).toHaveLength(count));
    vi.advanceTimersByTime(lookMs);
  }
  expect(head).not.toHaveBeenCalled();
  vi.advanceTimersByTime(lookMs);
  expect(head).toHaveBeenCalledTimes(1);
  await consumption.stop();
  await log.close();
});

test('what a consumer brings that begins too early is told once all the same', async () => {
  const log = await openEventLog({ nats, source: 'kuraxx/test', roomPartitions: 1 });
  const after = await log.head(0);
  const { state, reader } = await openReader(log);
  let opened = 0;
  // what a server before 2.11 does where its copy of the stream is behind
  const early: Pick<typeof reader, 'pull'> = {
    pull: (partition, filter, start, onRecord) =>
      reader.pull(partition, filter, opened++ === 0 ? start : Math.max(1, start - 2), onRecord),
  };
  const came: number[] = [];
  const head = (partition: Partition) => log.head(partition);
  const consumption = await createConsume(early, state, head)(0, { after }, async (records) => {
    came.push(...records.map(({ position }) => position.sequence));
  });
  const roomId = randomUUID();
  const append = () => log.append(roomSubject(roomId, 'msg'), messageSent(roomId, 'x'));
  for (let count = 0; count < 3; count++) await append();
  await eventually(() => expect(came).toHaveLength(3));
  for await (const { name } of (await jetstreamManager(nats)).consumers.list('KURAXX_ROOMS_0')) {
    await (await jetstreamManager(nats)).consumers.delete('KURAXX_ROOMS_0', name);
  }
  await append();
  await eventually(() => expect(came).toEqual([1, 2, 3, 4].map((number) => after + number)), { timeoutMs: 20_000 });
  expect(opened).toBe(2);
  await consumption.stop();
  await log.close();
});
