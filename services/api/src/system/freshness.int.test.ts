import { randomUUID } from 'node:crypto';
import { createCheckpointWatch, openEventLog } from '@kuraxx/event-store';
import { openReadModel } from '@kuraxx/read-model';
import { freshDatabase, freshNats } from '@kuraxx/testing';
import { connect } from 'nats';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createFreshness } from '../freshness.ts';
import { startService } from './process.fixture.ts';

const closers: (() => unknown)[] = [];
const closing = <T>(part: T, close: (part: T) => unknown): T => {
  closers.push(() => close(part));
  return part;
};

/** A reader and a writer that share nothing but the servers, and a projector. */
const open = async () => {
  const nats = closing(await freshNats(), (server) => server.remove());
  const database = closing(await freshDatabase(), (created) => created.drop());
  const env = { NATS_URL: nats.url, DATABASE_URL: database.url };
  closing(await startService('projector', env), (service) => service.stop());
  const connection = async () => closing(await connect({ servers: nats.url }), (opened) => opened.close());
  const log = async (source: string) => {
    const nc = await connection();
    return { nc, log: closing(await openEventLog({ nats: nc, source }), (opened) => opened.close()) };
  };
  const [writer, reader] = [await log('kuraxx/writer'), await log('kuraxx/reader')];
  const checkpoints = closing(createCheckpointWatch(reader.nc), (watch) => watch.close());
  const model = closing(await openReadModel({ databaseUrl: database.url }), (opened) => opened.close());
  return {
    writer: writer.log,
    freshness: createFreshness(reader.log, checkpoints, async () => undefined),
    queries: model.queries,
  };
};

let system: Awaited<ReturnType<typeof open>>;
beforeAll(async () => {
  system = await open();
});
afterAll(async () => {
  for (const close of closers.reverse()) await close();
});

test('a read right after a write that did not wait never misses it', async () => {
  const { writer, freshness, queries } = system;
  for (let n = 0; n < 100; n++) {
    const userId = randomUUID();
    const at = new Date().toISOString();
    const data = { userId, username: `user_${n}`, displayName: 'x', at };
    await writer.append({ kind: 'account', userId }, { type: 'UserRegistered', data }, { expectedSequence: 0 });
    await freshness.accounts();
    expect((await queries.findUser(userId))?.username).toBe(`user_${n}`);
  }
});

test('many readers at once see what was written before each of them asked', async () => {
  const { writer, freshness, queries } = system;
  const story = async (n: number) => {
    const userId = randomUUID();
    const data = { userId, username: `many_${n}`, displayName: 'x', at: new Date().toISOString() };
    await writer.append({ kind: 'account', userId }, { type: 'UserRegistered', data }, { expectedSequence: 0 });
    await freshness.everything();
    return (await queries.findUser(userId))?.username === `many_${n}`;
  };
  const seen = await Promise.all(Array.from({ length: 200 }, (_, n) => story(n)));
  expect(seen).not.toContain(false);
});
