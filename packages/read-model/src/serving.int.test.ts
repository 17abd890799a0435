import type { Serving } from '@kuraxx/event-store';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { epoch, registered, stored } from './events.fixture.ts';
import { createReadModel, migrateReadModel } from './migrate.ts';
import { openReadModel, type ReadModel } from './read-model.ts';
import { openTestDatabase, type TestDatabase } from './rows.fixture.ts';

let opened: TestDatabase;
let heard: Serving | undefined;
let model: ReadModel;
beforeAll(async () => {
  opened = await openTestDatabase();
  await createReadModel(opened.url, 'read_2');
  model = await openReadModel({ databaseUrl: opened.url, serving: () => heard });
  for (const [schema, name] of [
    ['read_1', 'old'],
    ['read_2', 'new'],
  ] as const) {
    await model.projectionInto(schema).apply('accounts', epoch, [stored(registered('ann', name), 1, 'accounts')], 1);
  }
});
afterAll(async () => {
  await model.close();
  await opened.close();
});

const shown = async () => (await model.queries.findUser('ann'))?.username;
const setServing = (schema: string, generation: number) =>
  opened.database.run('switch', (db) =>
    sql`update kuraxx.serving set schema = ${schema}, generation = ${generation}`.execute(db),
  );

test('two read models live side by side, also after migrating again', async () => {
  await Promise.all([migrateReadModel(opened.url), createReadModel(opened.url, 'read_2')]);
  expect(await shown()).toBe('old');
});

test('what was announced last is read from at once', async () => {
  const { generation } = await model.serving();
  heard = { schema: 'read_2', generation: generation + 1 };
  expect(await shown()).toBe('new');
  heard = { schema: 'read_1', generation }; // late news
  expect(await shown()).toBe('new');
});

test('who read from a read model that is dropped goes on with the one that serves, without a failed read', async () => {
  const { generation } = await model.serving();
  heard = { schema: 'read_2', generation: generation + 5 };
  expect(await shown()).toBe('new');
  await setServing('read_1', generation + 6);
  await opened.database.run('drop', (db) => sql`drop schema read_2 cascade`.execute(db));
  expect(await Promise.all(Array.from({ length: 20 }, shown))).toEqual(Array.from({ length: 20 }, () => 'old'));
  // a backup was put back: the database knows less than what was announced, and is right
  await setServing('read_1', 1);
  heard = { schema: 'read_2', generation: generation + 7 };
  expect(await shown()).toBe('old');
  expect(await shown()).toBe('old');
});

test('a name that is none of a read model is refused', async () => {
  await expect(createReadModel(opened.url, 'public')).rejects.toThrow(TypeError);
});
