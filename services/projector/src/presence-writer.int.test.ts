import { migrateReadModel, openReadModel, type ReadModel } from '@kuraxx/read-model';
import { eventually, type FreshDatabase, freshDatabase } from '@kuraxx/testing';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPresenceWriter } from './presence-writer.ts';

const logger = pino({ level: 'silent' });
const at = '2021-02-03T04:05:06.000Z';
let fresh: FreshDatabase;
let model: ReadModel;
beforeAll(async () => {
  fresh = await freshDatabase();
  await migrateReadModel(fresh.url);
  model = await openReadModel({ databaseUrl: fresh.url });
});
afterAll(async () => {
  await model.close();
  await fresh.drop();
});

test('who is stored as online but held by nobody goes offline, and the other way round', async () => {
  await model.presence.set([
    { userId: 'gone', isOnline: true, lastSeenAt: null, at },
    { userId: 'here', isOnline: true, lastSeenAt: null, at },
  ]);
  const held = new Set(['here', 'missed']);
  const now = {
    isOnline: (userId: string) => held.has(userId),
    online: () => [...held].map((userId) => ({ userId })),
  };
  const writer = createPresenceWriter(model.presence, now, logger, { firstLookAfterMs: 0 });
  await eventually(async () => {
    expect((await model.presence.online()).toSorted()).toEqual(['here', 'missed']);
  });
  await writer.stop();
});

test('of several changes the last is stored', async () => {
  const writer = createPresenceWriter(model.presence, { isOnline: () => true, online: () => [] }, logger);
  writer.note({ userId: 'quick', isOnline: true, lastSeenAt: null, at });
  writer.note({ userId: 'quick', isOnline: false, lastSeenAt: at, at });
  writer.note({ userId: 'stays', isOnline: true, lastSeenAt: null, at });
  await eventually(async () => expect(await model.presence.online()).toContain('stays'));
  expect(await model.presence.online()).not.toContain('quick');
  await writer.stop();
});
