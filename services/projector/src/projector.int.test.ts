import { randomUUID } from 'node:crypto';
import { createCheckpointWatch } from '@kuraxx/event-store';
import { firstSchema } from '@kuraxx/read-model';
import { eventually, type FreshServer, freshPostgres } from '@kuraxx/testing';
import { jetstream } from '@nats-io/jetstream';
import { headers } from 'nats';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startProjector } from './projector.fixture.ts';
import { openWorld, type World } from './world.fixture.ts';

let postgres: FreshServer;
let world: World;
beforeAll(async () => {
  postgres = await freshPostgres();
  world = await openWorld(postgres.url);
});
afterAll(async () => {
  await world.close();
  await postgres.remove();
});

const start = () => startProjector(world, postgres.url);

test('events become rows, and readers can wait for them', async () => {
  const running = await start();
  await running.projector.settled;
  const watch = createCheckpointWatch(world.connection);
  const room = await world.createRoom(0);
  const ids = await world.send(room, 50);
  const sequence = await world.log.head(0);
  const reached = await watch.waitFor({ epoch: world.log.epochOf(0), partition: 0, sequence }, 5000);
  expect(reached).toBe(true);
  expect(await world.rows(room)).toEqual(ids);
  watch.close();
  await running.stop();
});

test('stopped and started in the middle, nothing is doubled or skipped', async () => {
  const room = await world.createRoom(1);
  const sending = world.send(room, 400);
  let done = false;
  void sending.then(() => {
    done = true;
  });
  while (!done) {
    const running = await start();
    const before = (await world.rows(room)).length;
    await eventually(async () => done || (await world.rows(room)).length > before);
    await running.stop();
  }
  const last = await start();
  const ids = await sending;
  await eventually(async () => expect(await world.rows(room)).toEqual(ids));
  expect(await world.model.queries.findRoom(room)).toMatchObject({ _count: { messages: 400 } });
  await last.stop();
});

test('one follows and the other stands by, and takes over', async () => {
  const first = await start();
  await first.projector.settled;
  const second = await start();
  await second.projector.settled;
  expect(first.heard.size).toBe(world.log.partitions.length);
  expect(second.heard.size).toBe(0); // nothing is announced on standby
  const room = await world.createRoom(0);
  await first.stop();
  const ids = await world.send(room, 20);
  await eventually(async () => expect(await world.rows(room)).toEqual(ids));
  expect(second.heard.get(0)).toMatchObject({ stalled: false });
  await second.stop();
});

test('while Postgres is away the projection is announced as stalled, and goes on by itself when it is back', async () => {
  const running = await start();
  await running.projector.settled;
  const room = await world.createRoom(0);
  const early = await world.send(room, 10);
  await postgres.kill();
  const late = await world.send(room, 10);
  await eventually(() => [...running.heard.values()].every(({ stalled }) => stalled));
  await postgres.restart();
  await eventually(async () => expect(await world.rows(room)).toEqual([...early, ...late]), { timeoutMs: 20_000 });
  await eventually(() => [...running.heard.values()].every(({ stalled }) => !stalled), { timeoutMs: 20_000 });
  await running.stop();
});

test('a projector that starts without Postgres waits for it', async () => {
  await postgres.stop();
  const running = await start();
  await eventually(() => running.heard.get(0)?.stalled === true);
  await postgres.restart();
  await running.projector.settled;
  await running.stop();
});

test('after kill -9 of NATS it goes on where it was', async () => {
  const running = await start();
  await running.projector.settled;
  const room = await world.createRoom(0);
  const ids = await world.send(room, 20);
  await world.nats.kill();
  await world.nats.restart();
  const more = await eventually(() => world.send(room, 20));
  await eventually(async () => expect((await world.rows(room)).slice(-20)).toEqual(more));
  expect((await world.rows(room)).slice(0, 20)).toEqual(ids);
  await running.stop();
});

/** Stores something under a subject of the log, whatever it is. */
const storeRaw = async (subject: string, wireType: string, data: string | Uint8Array): Promise<void> => {
  const h = headers();
  h.set('ce-id', randomUUID());
  h.set('ce-type', wireType);
  h.set('ce-time', new Date().toISOString());
  h.set('ce-source', 'kuraxx/test');
  await jetstream(world.connection).publish(subject, data, { headers: h });
};

test.each([
  ['of a later version', 'kuraxx.message.sent.v9', '{}'],
  ['of an unknown type', 'kuraxx.poll.opened.v1', '{}'],
  ['of bytes that can not be decoded', 'kuraxx.message.sent.v1', new Uint8Array([0x7b, 0xff])],
])('an event %s parks its room alone, and says so', async (_, wireType, data) => {
  const running = await start();
  await running.projector.settled;
  const [room, neighbour] = [await world.createRoom(0), await world.createRoom(0)];
  const before = await world.send(room, 3);
  await storeRaw(`kuraxx.room.0.${room}.msg`, wireType, data);
  await storeRaw(`kuraxx.room.0.${room}.poll`, wireType, data); // nobody's
  await world.send(room, 3);
  const ids = await world.send(neighbour, 5);
  const watch = createCheckpointWatch(world.connection);
  const sequence = await world.log.head(0);
  expect(await watch.waitFor({ epoch: world.log.epochOf(0), partition: 0, sequence }, 5000)).toBe(true);
  watch.close();
  expect(await world.rows(neighbour)).toEqual(ids);
  expect(await world.rows(room)).toEqual(before);
  expect(running.logged.some((line) => line.includes('parked') && line.includes(`room:${room}`))).toBe(true);
  const parked = running.projector.statuses().find(({ partition }) => partition === 0)?.parked;
  expect(parked).toBeGreaterThan(0);
  expect(await world.model.projectionInto(firstSchema).parked()).toContainEqual(
    expect.objectContaining({ aggregate: `room:${room}`, cause: 'unreadable', wireType, skipped: 3 }),
  );
  await running.stop();
  const again = await start(); // still parked, and not applied twice
  await again.projector.settled;
  expect(again.logged.some((line) => line.includes('some are parked'))).toBe(true);
  const more = await world.send(neighbour, 2);
  await eventually(async () => expect(await world.rows(neighbour)).toEqual([...ids, ...more]));
  await again.stop();
});

test('a log that was restored stalls its projection, and keeps nobody from starting', async () => {
  const partition = 1;
  const projection = world.model.projectionInto(firstSchema);
  await projection.apply(partition, world.log.epochOf(partition), [], 1_000_000); // the log was once so long
  const running = await start();
  await running.projector.settled;
  expect(running.projector.statuses().find((one) => one.partition === partition)?.phase).toBe('stalled');
  expect(running.logged.some((line) => line.includes('kuraxx projections rebuild'))).toBe(true);
  await running.stop();
});
