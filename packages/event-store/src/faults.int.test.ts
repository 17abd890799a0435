import { randomUUID } from 'node:crypto';
import { createTcpProxy, eventually, type FreshServer, freshNats, type TcpProxy } from '@kuraxx/testing';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type Msg, type NatsConnection } from 'nats';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Unavailable } from './errors.ts';
import { collect, messageSent, roomSubject, sequencesOf } from './event.fixture.ts';
import { openEventLog } from './open-event-log.ts';
import type { LogRecord } from './ports.ts';
import { streamName } from './subjects.ts';

type Log = Awaited<ReturnType<typeof openEventLog>>;

let server: FreshServer;
let proxy: TcpProxy;
let near: NatsConnection; // straight to the server
let far: NatsConnection; // through the proxy
let writer: Log;
let reader: Log;

const connectTo = (url: string): Promise<NatsConnection> =>
  connect({ servers: url, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
const append = async (roomId: string, aspect: 'msg' | 'edit', content = 'x'): Promise<number> =>
  (await writer.append(roomSubject(roomId, aspect), messageSent(roomId, content))).position.sequence;

beforeAll(async () => {
  server = await freshNats();
  proxy = await createTcpProxy(server.url);
  near = await connectTo(server.url);
  far = await connectTo(proxy.url);
  writer = await openEventLog({ nats: near, source: 'kuraxx/writer' });
  reader = await openEventLog({ nats: far, source: 'kuraxx/reader' });
});
afterAll(async () => {
  await Promise.all([writer?.close(), reader?.close()]);
  await Promise.all([near?.close(), far?.close()]);
  await proxy?.close();
  await server?.remove();
});

const sequenceOf = (message: Msg): number => Number(message.headers?.get('Nats-Sequence'));

/** A connection on which some messages get lost, as between the servers of a cluster. */
const losing = (nats: NatsConnection, isLost: (message: Msg) => boolean): NatsConnection =>
  new Proxy(nats, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (key !== 'subscribe') return typeof value === 'function' ? value.bind(target) : value;
      const subscribe: NatsConnection['subscribe'] = (subject, options = {}) =>
        target.subscribe(subject, {
          ...options,
          callback: (error, message) => {
            return isLost(message) ? undefined : options.callback?.(error, message);
          },
        });
      return subscribe;
    },
  });

test('live events that got lost are read from the log, in their place', async () => {
  const lost = new Set<number>();
  const log = await openEventLog({
    nats: losing(near, (message) => lost.has(sequenceOf(message))),
    source: 'kuraxx/lossy',
  });
  const roomId = randomUUID();
  const seen: LogRecord[] = [];
  const feed = await log.followRoom(roomId, (record) => seen.push(record));
  const next = (await append(roomId, 'msg')) + 1;
  for (let offset = 0; offset < 5; offset++) lost.add(next + offset);
  for (let index = 0; index < 8; index++) await append(roomId, 'msg');
  const stored = sequencesOf(await collect(log.readRoom(roomId, { after: 0, upTo: Number.MAX_SAFE_INTEGER })));
  await eventually(() => expect(sequencesOf(seen)).toEqual(stored));
  feed.stop();
  await log.close();
});

test('a lost event is not forgotten because another subject of the room went on', async () => {
  const lost = new Set<number>();
  const log = await openEventLog({
    nats: losing(near, (message) => lost.has(sequenceOf(message))),
    source: 'kuraxx/lossy',
  });
  const roomId = randomUUID();
  const seen: LogRecord[] = [];
  const feed = await log.followRoom(roomId, (record) => seen.push(record));
  const first = await append(roomId, 'msg');
  lost.add(first + 1);
  const missing = await append(roomId, 'msg');
  const edit = await append(roomId, 'edit');
  await eventually(() => expect(sequencesOf(seen)).toEqual([first, edit]));
  const last = await append(roomId, 'msg');
  await eventually(() => expect(sequencesOf(seen)).toEqual([first, edit, missing, last]));
  feed.stop();
  await log.close();
});

test('where a room is first followed is exact, also while it is busy', async () => {
  const roomId = randomUUID();
  let isBusy = true;
  const write = async (aspect: 'msg' | 'edit'): Promise<void> => {
    while (isBusy) await Promise.all([append(roomId, aspect), append(roomId, aspect), append(roomId, aspect)]);
  };
  const writers = [write('msg'), write('edit')];
  const follow = async () => {
    const seen: LogRecord[] = [];
    let hasFeed = false;
    const feed = await reader.followRoom(roomId, (record) => {
      expect(hasFeed).toBe(true);
      seen.push(record);
    });
    hasFeed = true;
    return { feed, seen };
  };
  const followers: Awaited<ReturnType<typeof follow>>[] = [];
  for (let index = 0; index < 20; index++) followers.push(await follow());
  isBusy = false;
  await Promise.all(writers);
  const stored = await collect(writer.readRoom(roomId, { after: 0, upTo: Number.MAX_SAFE_INTEGER }));
  const lastAt = (aspect: string, from: number): number =>
    stored.findLast(
      ({ subject, position }) => subject.kind === 'room' && subject.aspect === aspect && position.sequence <= from,
    )?.position.sequence ?? 0;
  for (const { feed, seen } of followers) {
    expect([feed.lastMessage, feed.lastEdit]).toEqual([lastAt('msg', feed.from), lastAt('edit', feed.from)]);
    const expected = sequencesOf(stored).filter((sequence) => sequence > feed.from);
    await eventually(() => expect(sequencesOf(seen)).toEqual(expected));
    feed.stop();
  }
});

test('a cut connection: 200 rooms, a consumer and the caches catch up by themselves', async () => {
  const rooms = Array.from({ length: 200 }, () => ({ roomId: randomUUID(), seen: [] as LogRecord[] }));
  const feeds = await Promise.all(
    rooms.map(({ roomId, seen }) => reader.followRoom(roomId, (record) => seen.push(record))),
  );
  let gaps = 0;
  const stopFacts = await reader.followFacts(
    () => undefined,
    () => gaps++,
  );
  const after = await reader.head(0);
  const consumed: LogRecord[] = [];
  const consumption = await reader.consume(0, { after }, async (records) => void consumed.push(...records));
  const writeAll = () => Promise.all(rooms.flatMap(({ roomId }) => [append(roomId, 'msg'), append(roomId, 'edit')]));
  await writeAll();
  proxy.cut();
  await eventually(() => expect(gaps).toBeGreaterThan(0));
  await writeAll();
  proxy.resume();
  await writeAll();
  for (const { roomId, seen } of rooms) {
    const stored = sequencesOf(await collect(writer.readRoom(roomId, { after: 0, upTo: Number.MAX_SAFE_INTEGER })));
    expect(stored).toHaveLength(6);
    await eventually(() => expect(sequencesOf(seen)).toEqual(stored));
  }
  const head = await writer.head(0);
  const whole = Array.from({ length: head - after }, (_, index) => after + 1 + index);
  await eventually(() => expect(sequencesOf(consumed)).toEqual(whole));
  for (const feed of feeds) feed.stop();
  stopFacts();
  await consumption.stop();
});

test('a handler that is slow holds a consumer back and loses nothing, also when the server forgets the consumer', async () => {
  const roomId = randomUUID();
  const partition = writer.partitionOf(roomId);
  const after = await writer.head(partition);
  await Promise.all(Array.from({ length: 7000 }, () => append(roomId, 'msg')));
  const consumed: LogRecord[] = [];
  let open = (): void => undefined;
  let isHeld = false;
  const gate = new Promise<void>((resolve) => (open = resolve));
  const maxBatch = 500;
  const consumption = await reader.consume(partition, { after, maxBatch }, async (records) => {
    isHeld = true;
    await gate;
    consumed.push(...records);
  });
  const manager = await jetstreamManager(near);
  const stream = streamName(partition);
  let delivered = 0;
  await eventually(async () => {
    const before = delivered;
    const [consumer] = await manager.consumers.list(stream).next();
    delivered = consumer?.delivered.stream_seq ?? 0;
    expect([isHeld, delivered]).toEqual([true, before]); // it reads no further
  });
  expect(delivered).toBeLessThanOrEqual(after + 3 * maxBatch);
  for (const { name } of await manager.consumers.list(stream).next()) await manager.consumers.delete(stream, name);
  open();
  await eventually(() => expect(consumed).toHaveLength(7000), { timeoutMs: 20_000 });
  expect(sequencesOf(consumed)).toEqual(Array.from({ length: 7000 }, (_, index) => after + 1 + index));
  await consumption.stop();
});

test('an event whose acknowledgement got lost is sent again and stored once', async () => {
  let lost = 0;
  const isFirstAck = (message: Msg): boolean => message.string().includes('"seq"') && lost++ === 0;
  const log = await openEventLog({ nats: losing(near, isFirstAck), source: 'kuraxx/lossy' });
  const subject = roomSubject(randomUUID(), 'meta');
  const { position, duplicate } = await log.append(subject, messageSent('r-1', 'x'), { expectedSequence: 0 });
  expect([lost, duplicate]).toEqual([2, true]);
  expect(sequencesOf(await collect(log.readSubject(subject)))).toEqual([position.sequence]);
  await log.close();
});

test('a full log refuses at once, stores nothing, and says so', async () => {
  const manager = await jetstreamManager(near);
  const roomId = randomUUID();
  const partition = writer.partitionOf(roomId);
  const full = await writer.head(partition);
  await manager.streams.update(streamName(partition), { max_msgs: full });
  const begun = performance.now();
  await expect(append(roomId, 'msg')).rejects.toThrow(Unavailable);
  expect(performance.now() - begun).toBeLessThan(2000);
  await manager.streams.update(streamName(partition), { max_msgs: -1 });
  expect(await append(roomId, 'msg')).toBe(full + 1);
});

test('an event that is larger than the server takes is refused at once', async () => {
  const roomId = randomUUID();
  await expect(append(roomId, 'msg', 'x'.repeat(2_000_000))).rejects.toThrow(Unavailable);
});
