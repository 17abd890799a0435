import { announcePresence } from '@kuraxx/signals';
import { eventually, type FreshDatabase, freshDatabase } from '@kuraxx/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startProjectorProcess } from './process.fixture.ts';
import { openWorld, type World } from './world.fixture.ts';

let database: FreshDatabase;
let world: World;
beforeAll(async () => {
  database = await freshDatabase();
  world = await openWorld(database.url);
});
afterAll(async () => {
  await world.close();
  await database.drop();
});

test('killed in the middle, another takes over without a double or a hole; SIGTERM ends it cleanly', async () => {
  const processes = [0, 1].map(() => startProjectorProcess(world.nats.url, database.url));
  const [first, second] = processes;
  if (first === undefined || second === undefined) throw new Error('two processes');
  await eventually(() => processes.every((one) => one.said('ready')), { timeoutMs: 20_000 });

  const room = await world.createRoom(1);
  const sending = world.send(room, 1500);
  await eventually(async () => (await world.rows(room)).length > 100);
  await first.kill('SIGKILL');
  const ids = await sending;
  await eventually(async () => expect(await world.rows(room)).toEqual(ids), { timeoutMs: 20_000 });
  expect(await world.model.queries.findRoom(room)).toMatchObject({ _count: { messages: 1500 } });
  expect(await second.kill('SIGTERM')).toBe(0);
});

test('who comes and goes is stored, also who went while no projector ran', async () => {
  const isOnline = async () => (await world.model.presence.online()).includes('mira');
  const gateway = announcePresence(world.connection, { gatewayId: 'gateway-1' });
  const first = startProjectorProcess(world.nats.url, database.url);
  await eventually(() => first.said('ready'), { timeoutMs: 20_000 });
  gateway.online({ userId: 'mira', username: 'mira' });
  await eventually(isOnline);
  await first.kill('SIGKILL');
  await gateway.close();
  const second = startProjectorProcess(world.nats.url, database.url);
  await eventually(async () => !(await isOnline()), { timeoutMs: 20_000 });
  expect(await second.kill('SIGTERM')).toBe(0);
});
