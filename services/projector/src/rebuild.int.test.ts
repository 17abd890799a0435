import { createCheckpointWatch, type Partition } from '@kuraxx/event-store';
import {
  type Maintenance,
  MaintenanceRefused,
  openMaintenance,
  openReadModel,
  type ReadModel,
} from '@kuraxx/read-model';
import { eventually, type FreshDatabase, freshDatabase } from '@kuraxx/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startProjector } from './projector.fixture.ts';
import { openWorld, type World } from './world.fixture.ts';

const never = new AbortController().signal;
let database: FreshDatabase;
let world: World;
let maintenance: Maintenance;
let projector: Awaited<ReturnType<typeof startProjector>>;
beforeAll(async () => {
  database = await freshDatabase();
  world = await openWorld(database.url);
  maintenance = await openMaintenance(database.url, world.log);
  projector = await startProjector(world, database.url);
  for (const partition of [0, 1]) {
    const room = await world.createRoom(partition);
    await world.send(room, 300);
  }
});
afterAll(async () => {
  await projector.stop();
  await maintenance.close();
  await world.close();
  await database.drop();
});

/** Somebody who writes and reads what was written, as an api does, until told to stop. */
const liveIn = async () => {
  const watch = createCheckpointWatch(world.connection);
  const model: ReadModel = await openReadModel({ databaseUrl: database.url, serving: () => watch.serving() });
  const problems: unknown[] = [];
  const stop = new AbortController();
  let reads = 0;
  const live = async (partition: number): Promise<void> => {
    const roomId = await world.createRoom(partition);
    for (let count = 1; !stop.signal.aborted; count++) {
      await world.send(roomId, 1);
      const position = { epoch: world.log.epochOf(partition), partition, sequence: await world.log.head(partition) };
      try {
        if (!(await watch.waitFor(position, 5000))) problems.push(`not in time: ${JSON.stringify(position)}`);
        const room = await model.queries.findRoom(roomId);
        if (room?._count.messages !== count) problems.push(`stale: ${room?._count.messages} instead of ${count}`);
        reads++;
      } catch (error) {
        problems.push(error);
      }
    }
  };
  const living = Promise.all([live(0), live(1), live(0)]);
  return {
    problems,
    reads: () => reads,
    stop: async () => {
      stop.abort();
      await living;
      watch.close();
      await model.close();
    },
  };
};

test('rebuilt, switched, rolled back and dropped while others write and read: no failed read, no stale one', async () => {
  const life = await liveIn();
  await eventually(() => expect(life.reads()).toBeGreaterThan(5));
  const seen = new Map<Partition, number>();
  const rebuilt = await maintenance.rebuild({
    signal: never,
    onProgress: ({ partition, sequence }) => seen.set(partition, sequence),
  });
  expect(rebuilt).toMatchObject({
    schema: 'read_2',
    resumed: false,
    comparison: { equal: true },
    switched: { schema: 'read_2', previous: 'read_1' },
  });
  expect(rebuilt.comparison?.tables.find(({ table }) => table === 'messages')?.serving?.rows).toBeGreaterThan(600);
  expect(seen.get(0)).toBeGreaterThan(300);
  const before = life.reads();
  await eventually(() => expect(life.reads()).toBeGreaterThan(before + 20));

  // there and back several times, as quick as it goes
  for (const schema of ['read_1', 'read_2', 'read_1', 'read_2']) {
    expect(await maintenance.rollback()).toMatchObject({ schema });
    const now = life.reads();
    await eventually(() => expect(life.reads()).toBeGreaterThan(now + 3));
  }
  expect(await maintenance.verify('read_1', { signal: never })).toMatchObject({ equal: true });
  await maintenance.drop('read_1', never);
  const after = life.reads();
  await eventually(() => expect(life.reads()).toBeGreaterThan(after + 10));
  await life.stop();
  expect(life.problems).toEqual([]);
  expect((await maintenance.status()).models.map(({ schema }) => schema)).toEqual(['read_2']);
  await expect(maintenance.rollback()).rejects.toThrow(MaintenanceRefused);
});
