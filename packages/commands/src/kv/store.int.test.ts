import { setTimeout as delay } from 'node:timers/promises';
import { openBucket } from '@kuraxx/event-store';
import { testServers } from '@kuraxx/testing';
import { connect, type NatsConnection } from 'nats';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { openStore, type Store } from './store.ts';

const bucket = 'KURAXX_TEST_STORE';
let nats: NatsConnection;
let store: Store<{ n: number }>;

beforeAll(async () => {
  nats = await connect({ servers: testServers().natsUrl });
  store = await openStore(nats, bucket, z.object({ n: z.number() }), 1);
});
afterAll(() => nats.close());

const storedUnder = async (key: string): Promise<unknown> => {
  const answer = await nats.request(
    `$JS.API.STREAM.INFO.KV_${bucket}`,
    JSON.stringify({ subjects_filter: `$KV.${bucket}.${key}` }),
  );
  return z.object({ state: z.object({ subjects: z.unknown().optional() }) }).parse(answer.json()).state.subjects;
};

test('keys are listed while others remove them: this hung until the time-out', async () => {
  const removeAll = async (filter: string): Promise<void> => {
    await delay(Math.random() * 4); // spread over what a listing takes
    await Promise.all((await store.keys(filter)).map((key) => store.remove(key)));
  };
  for (let round = 0; round < 40; round++) {
    await store.put(`round-${round}.a`, { n: round });
    await Promise.all(Array.from({ length: 6 }, () => removeAll(`round-${round}.>`)));
    expect(await store.keys(`round-${round}.>`)).toEqual([]);
  }
});

test('keys are those that fit and are there', async () => {
  await Promise.all(['x.1', 'x.2', 'y.1'].map((key) => store.put(key, { n: 1 })));
  expect((await store.keys('x.>')).toSorted()).toEqual(['x.1', 'x.2']);
  await store.remove('x.1');
  expect(await store.keys('x.>')).toEqual(['x.2']);
  expect(await store.keys('z.>')).toEqual([]);
});

test('keys are listed in one request, however many they are', async () => {
  const keys = Array.from({ length: 20 }, (_, index) => `many.${index}`);
  await Promise.all(keys.map((key) => store.put(key, { n: 1 })));
  const asked: string[] = [];
  const requests = nats.subscribe('$JS.API.>', { callback: (_error, { subject }) => void asked.push(subject) });
  expect((await store.keys('many.>')).toSorted()).toEqual(keys.toSorted());
  await nats.flush();
  requests.unsubscribe();
  expect(asked.filter((subject) => subject.includes(bucket))).toEqual([`$JS.API.STREAM.INFO.KV_${bucket}`]);
});

test('the marker that a cut removal has left is gone with the next one', async () => {
  await (await openBucket(nats, bucket)).purge('cut.1');
  for (const key of await store.keys('cut.>')) {
    expect(await store.get(key)).toBeUndefined();
    await store.remove(key);
  }
  expect(await storedUnder('cut.1')).toBeUndefined();
});

test('what is removed leaves nothing behind, and can be made again', async () => {
  for (const at of ['whatever is there', 'its revision']) {
    const revision = await store.create('gone', { n: 1 });
    await store.remove('gone', at === 'its revision' ? revision : undefined);
    expect(await store.get('gone')).toBeUndefined();
    expect(await storedUnder('gone')).toBeUndefined();
  }
});

test('a removal at an older revision leaves what is there now', async () => {
  const first = await store.create('kept', { n: 1 });
  await store.put('kept', { n: 2 });
  await store.remove('kept', first);
  expect((await store.get('kept'))?.value).toEqual({ n: 2 });
  await expect(store.remove('never', 1)).resolves.toBeUndefined();
});
