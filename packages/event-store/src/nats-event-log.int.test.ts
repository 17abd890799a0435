import { randomUUID } from 'node:crypto';
import { eventually, freshNats } from '@kuraxx/testing';
import { jetstream } from '@nats-io/jetstream';
import { connect, type NatsConnection } from 'nats';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { logContract } from './contract.fixture.ts';
import { Unavailable } from './errors.ts';
import { collect, messageSent, roomSubject, sequencesOf } from './event.fixture.ts';
import { openEventLog } from './open-event-log.ts';
import type { EventLog, LogRecord } from './ports.ts';

type Log = EventLog & { close(): Promise<void> };

const connectTo = (url: string): Promise<NatsConnection> =>
  connect({ servers: url, maxReconnectAttempts: -1, reconnectTimeWait: 100 });

describe.each([1, 4])('on JetStream with %d partitions', (roomPartitions) => {
  let server: Awaited<ReturnType<typeof freshNats>>;
  let nats: NatsConnection;
  let log: Log;

  beforeAll(async () => {
    server = await freshNats();
    nats = await connectTo(server.url);
    log = await openEventLog({ nats, roomPartitions, source: 'kuraxx/test' });
  });
  afterAll(async () => {
    await log?.close();
    await nats?.close();
    await server?.remove();
  });

  logContract('the contract', () => log);

  test('what somebody else stores in a stream of the log disturbs no reader', async () => {
    const roomId = randomUUID();
    const partition = log.partitionOf(roomId);
    const after = await log.head(partition);
    const append = () => log.append(roomSubject(roomId, 'msg'), messageSent(roomId, 'x'));
    const live: LogRecord[] = [];
    const consumed: LogRecord[] = [];
    const feed = await log.followRoom(roomId, (record) => live.push(record));
    const consumption = await log.consume(partition, { after }, async (records) => void consumed.push(...records));
    const ours = [(await append()).position.sequence];
    const foreign = [
      `kuraxx.room.${partition}.${roomId}.poll`,
      `kuraxx.room.${partition}.x`,
      `kuraxx.room.${partition}.a.b.c.d`,
    ];
    for (const subject of foreign) await jetstream(nats).publish(subject, 'no event');
    ours.push((await jetstream(nats).publish(`kuraxx.room.${partition}.${roomId}.msg`, new Uint8Array([0xff]))).seq);
    ours.push((await append()).position.sequence);

    await eventually(() => expect(sequencesOf(live)).toEqual(ours));
    expect(live.slice(1).map(({ isOwn }) => isOwn)).toEqual([undefined, true]); // encoded here: need not be looked at
    await eventually(() => expect(consumed).toHaveLength(ours.length + foreign.length));
    const all = await collect(log.readPartition(partition, { after, upTo: Number.MAX_SAFE_INTEGER }));
    expect(sequencesOf(all)).toEqual(sequencesOf(consumed));
    expect(all.flatMap(({ subject }) => (subject.kind === 'foreign' ? [subject.text] : []))).toEqual(foreign);
    expect(sequencesOf(await collect(log.readRoom(roomId, { after, upTo: Number.MAX_SAFE_INTEGER })))).toEqual(ours);
    expect(sequencesOf(await collect(log.readSubject(roomSubject(roomId, 'msg'))))).toEqual(ours);
    feed.stop();
    await consumption.stop();
  });

  test('another number of partitions is refused, the same one keeps the epochs', async () => {
    await expect(openEventLog({ nats, roomPartitions: roomPartitions + 1, source: 'x' })).rejects.toThrow(
      /KURAXX_PARTITIONS/,
    );
    const again = await openEventLog({ nats, roomPartitions, source: 'kuraxx/test' });
    expect(again.epochOf(0)).toBe(log.epochOf(0));
    await again.close();
  });

  test('several processes may set up the log at once', async () => {
    const empty = await freshNats();
    const connections = await Promise.all(Array.from({ length: 5 }, () => connectTo(empty.url)));
    const opening = connections.map((connection) => openEventLog({ nats: connection, roomPartitions, source: 'x' }));
    const epochs = (await Promise.all(opening)).map((log) => log.partitions.map((partition) => log.epochOf(partition)));
    expect(new Set(epochs.map(String)).size).toBe(1);
    expect(new Set(epochs[0]).size).toBe(roomPartitions + 1);
    await Promise.all(connections.map((connection) => connection.close()));
    await empty.remove();
  });

  test('kill -9 of the server: what was acknowledged is there, feeds and consumers go on without gap or double', async () => {
    const roomId = randomUUID();
    const partition = log.partitionOf(roomId);
    const after = await log.head(partition);
    const live: LogRecord[] = [];
    const consumed: LogRecord[] = [];
    const feed = await log.followRoom(roomId, (record) => live.push(record));
    const consumption = await log.consume(partition, { after }, async (records) => void consumed.push(...records));
    const acknowledged: number[] = [];
    const append = async (index: number): Promise<void> => {
      const { position } = await log.append(roomSubject(roomId, 'msg'), messageSent(roomId, `k${index}`), {
        eventId: `${roomId}-${index}`,
        timeoutMs: 20_000,
      });
      acknowledged.push(position.sequence);
    };
    for (let index = 0; index < 20; index++) await append(index);
    const during = Array.from({ length: 200 }, (_, index) => append(100 + index));
    await server.kill();
    await server.restart();
    await Promise.all(during);
    for (let index = 400; index < 420; index++) await append(index);

    const stored = sequencesOf(await collect(log.readRoom(roomId, { after: 0, upTo: Number.MAX_SAFE_INTEGER })));
    expect(stored).toHaveLength(240);
    expect(acknowledged.toSorted((a, b) => a - b)).toEqual(stored);
    await eventually(() => expect(sequencesOf(live)).toEqual(stored), { timeoutMs: 20_000 });
    await eventually(() => expect(sequencesOf(consumed)).toEqual(stored), { timeoutMs: 20_000 });
    feed.stop();
    await consumption.stop();
  });

  test('without a server an append fails in time and says so', async () => {
    await server.stop();
    const roomId = randomUUID();
    const append = log.append(roomSubject(roomId, 'msg'), messageSent(roomId, 'x'), { timeoutMs: 500 });
    await expect(append).rejects.toThrow(Unavailable);
    await server.restart();
    await log.append(roomSubject(roomId, 'msg'), messageSent(roomId, 'y'));
  });

  test('a long subject is folded by a consumer', async () => {
    const roomId = randomUUID();
    await Promise.all(
      Array.from({ length: 500 }, (_, index) =>
        log.append(roomSubject(roomId, 'msg'), messageSent(roomId, `m${index}`), { timeoutMs: 20_000 }),
      ),
    );
    expect(await collect(log.readSubject(roomSubject(roomId, 'msg')))).toHaveLength(500);
  });
});
