import { setTimeout as delay } from 'node:timers/promises';
import type { EventLog } from '@kuraxx/event-store';
import { createTcpProxy, eventually, type TcpProxy, testServers } from '@kuraxx/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Person, startGateway, type TestGateway } from './gateway.fixture.ts';
import { type LightClient, openLightClient, sequenceOf } from './light-client.fixture.ts';

const people = 50;
const socketsPerPerson = 6;
const rooms = 4;
/** Far more than the tail in memory holds. */
const missed = 300;
const writeEveryMs = 20;

let proxy: TcpProxy;
let east: TestGateway;
let west: TestGateway;
let databaseReads = 0;
const logReads: string[] = [];

const counting = (log: EventLog): EventLog => ({
  ...log,
  readRoom: (roomId, range) => {
    logReads.push(roomId);
    return log.readRoom(roomId, range);
  },
});

beforeAll(async () => {
  const { natsUrl } = testServers();
  east = await startGateway(natsUrl);
  const limits = { requestTimeoutMs: 20_000, authenticationTimeoutMs: 30_000 }; // slow machines are not what this is about
  west = await startGateway(natsUrl, { limits, around: counting, onDatabaseRead: () => void databaseReads++ });
  proxy = await createTcpProxy(east.url);
});
afterAll(async () => {
  await Promise.all([east.close(), west.close()]);
  await proxy.close();
});

const say = (roomId: string, by: Person, content: string) =>
  east.commands.messages.send({ senderId: by.userId, roomId, content, type: 'TEXT' });

test('hundreds of sockets that lost their gateway resume at another without loss, with a handful of reads', async () => {
  const owner = await east.person('owner');
  const crowd = await Promise.all(Array.from({ length: people }, (_, index) => east.person(`p${index}`)));
  const roomIds = await Promise.all(Array.from({ length: rooms }, () => east.room(owner, ...crowd)));
  const everySocket = crowd.flatMap((person) => Array.from({ length: socketsPerPerson }, () => person));
  const before = await Promise.all(everySocket.map(({ token }) => openLightClient(proxy.url, token)));
  await Promise.all(
    before.map((client) =>
      client.ask('resume', { rooms: Object.fromEntries(roomIds.map((id) => [id, null])) }, 15_000),
    ),
  );
  for (const roomId of roomIds) await say(roomId, owner, 'seen');
  await eventually(() => {
    for (const client of before) for (const roomId of roomIds) expect(client.seen(roomId).positions).toHaveLength(1);
  });
  const lasts = new Map(roomIds.map((roomId) => [roomId, before[0]?.seen(roomId).positions[0] ?? '']));

  databaseReads = 0;
  logReads.length = 0;
  proxy.cut();
  for (const roomId of roomIds)
    await Promise.all(Array.from({ length: missed }, (_, index) => say(roomId, owner, `${index}`)));
  let isWriting = true;
  const writing = Promise.all(
    roomIds.map(async (roomId) => {
      for (let count = 0; isWriting; count++) {
        await say(roomId, owner, `meanwhile ${count}`);
        await delay(writeEveryMs);
      }
    }),
  );
  const comeBack = async ({ token }: Person): Promise<LightClient> => {
    const client = await openLightClient(west.url, token, lasts);
    const answer = await client.ask('resume', { rooms: Object.fromEntries(lasts) }, 20_000);
    expect(answer.payload.joined).toHaveLength(rooms);
    return client;
  };
  const after = await Promise.all(everySocket.map(comeBack));
  isWriting = false;
  await writing;
  for (const roomId of roomIds) {
    const { position } = await say(roomId, owner, 'end');
    await eventually(() => {
      for (const client of after) expect(sequenceOf(client.seen(roomId).positions.at(-1))).toBe(position.sequence);
    });
    const due: number[] = [];
    const partition = east.log.partitionOf(roomId);
    for await (const record of east.log.readRoom(roomId, {
      after: sequenceOf(lasts.get(roomId)),
      upTo: await east.log.head(partition),
    }))
      due.push(record.position.sequence);
    expect(due.length).toBeGreaterThan(missed);
    for (const client of after) {
      const { positions, holes } = client.seen(roomId);
      expect(holes).toEqual([]);
      expect(positions.map(sequenceOf)).toEqual(due);
    }
  }
  expect(databaseReads).toBeLessThanOrEqual(8);
  expect(logReads.length).toBeLessThanOrEqual(rooms * 5); // not rooms times sockets
  for (const client of [...before, ...after]) client.socket.terminate();
});
