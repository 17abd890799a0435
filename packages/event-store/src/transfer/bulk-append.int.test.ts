import { randomUUID } from 'node:crypto';
import { createTcpProxy, type FreshServer, freshNats } from '@kuraxx/testing';
import { connect, type NatsConnection } from 'nats';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { collect, messageSent, roomSubject } from '../event.fixture.ts';
import { openEventLog } from '../open-event-log.ts';
import { openBulkAppend, type PastEvent } from './bulk-append.ts';

let server: FreshServer;
let nats: NatsConnection;
let log: Awaited<ReturnType<typeof openEventLog>>;
beforeAll(async () => {
  server = await freshNats();
  nats = await connect({ servers: server.url });
  log = await openEventLog({ nats, roomPartitions: 1, source: 'kuraxx/test' });
});
afterAll(async () => {
  await log.close();
  await nats.close();
  await server.remove();
});

const past = (roomId: string, count: number): PastEvent[] =>
  Array.from({ length: count }, (_, index) => ({
    subject: roomSubject(roomId, 'msg'),
    event: messageSent(roomId, String(index)),
    eventId: `past-${roomId}-${index}`,
    time: new Date(Date.UTC(2021, 0, 1) + index).toISOString(),
  }));
const stored = (roomId: string) => collect(log.readSubject(roomSubject(roomId, 'msg')));

test('much at once is stored once and in order, with its own times, while others write between', async () => {
  const [roomId, other] = [randomUUID(), randomUUID()];
  const bulk = await openBulkAppend(nats, log, { source: 'kuraxx/past' });
  const events = past(roomId, 1500);
  let done = false;
  const others = (async () => {
    let written = 0;
    while (!done) {
      await log.append(roomSubject(other, 'msg'), messageSent(other, 'live'));
      written++;
    }
    return written;
  })();
  try {
    for (let start = 0; start < events.length; start += 500) await bulk.add(events.slice(start, start + 500));
  } finally {
    done = true;
  }
  expect(await others).toBeGreaterThan(0);
  const records = await stored(roomId);
  expect(records.map(({ eventId }) => eventId)).toEqual(events.map(({ eventId }) => eventId));
  expect(records[7]).toMatchObject({ time: events[7]?.time, via: 'import' });
  expect(await stored(other)).toHaveLength(await others);
  bulk.close();
});

test('what an attempt whose connection was cut has stored is not stored again', async () => {
  const roomId = randomUUID();
  const proxy = await createTcpProxy(server.url);
  const cut = await connect({ servers: proxy.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
  const throughProxy = await openEventLog({ nats: cut, roomPartitions: 1, source: 'kuraxx/test' });
  const bulk = await openBulkAppend(cut, throughProxy, { source: 'kuraxx/past' });
  const events = past(roomId, 4000);
  const adding = bulk.add(events);
  await new Promise((resolve) => setImmediate(resolve)); // under way
  proxy.cut();
  proxy.resume();
  await adding;
  expect((await stored(roomId)).map(({ eventId }) => eventId)).toEqual(events.map(({ eventId }) => eventId));
  bulk.close();
  await throughProxy.close();
  await cut.close();
  await proxy.close();
});
