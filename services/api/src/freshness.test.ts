import { type Partition, type Position, Unavailable } from '@kuraxx/event-store';
import { expect, test } from 'vitest';
import { createFreshness } from './freshness.ts';
import { createHeads } from './heads.ts';

/** A log whose heads are told by hand: `asked` are the look-ups under way. */
const slowLog = () => {
  const asked: { partition: Partition; answer: (sequence: number) => void; fail: (error: Error) => void }[] = [];
  const head = (partition: Partition) =>
    new Promise<number>((answer, fail) => {
      asked.push({ partition, answer, fail });
    });
  return { asked, head };
};

test('who asks while a look-up is under way shares the next one: an older answer could miss a write', async () => {
  const { asked, head: lookUp } = slowLog();
  const head = createHeads({ head: lookUp });
  const first = head(1);
  const [second, third] = [head(1), head(1)];
  expect(asked).toHaveLength(1);
  asked[0]?.answer(7);
  expect(await first).toBe(7);
  await Promise.resolve();
  expect(asked).toHaveLength(2);
  asked[1]?.answer(8);
  expect(await Promise.all([second, third])).toEqual([8, 8]);
});

test('partitions are looked up independently, and a failure fails only those who shared it', async () => {
  const { asked, head: lookUp } = slowLog();
  const head = createHeads({ head: lookUp });
  const failing = head(1);
  const other = head('accounts');
  const later = head(1);
  asked[0]?.fail(new Unavailable('away'));
  await expect(failing).rejects.toThrow('away');
  asked[1]?.answer(3);
  expect(await other).toBe(3);
  await Promise.resolve();
  asked[2]?.answer(9);
  expect(await later).toBe(9);
});

const freshnessOver = (head: (partition: Partition) => Promise<number>) => {
  const waited: Position[] = [];
  const log = { partitions: ['accounts', 0, 1] as const, partitionOf: () => 1, epochOf: () => 'e', head };
  const checkpoints = {
    waitFor: async (position: Position) => {
      waited.push(position);
      return true;
    },
  };
  return { waited, freshness: createFreshness(log, checkpoints, async () => undefined) };
};

test('a read of a room waits for its partition and for the accounts', async () => {
  const { waited, freshness } = freshnessOver(async (partition) => (partition === 1 ? 5 : 2));
  await freshness.room('any');
  expect(waited).toEqual([
    { epoch: 'e', partition: 1, sequence: 5 },
    { epoch: 'e', partition: 'accounts', sequence: 2 },
  ]);
});

test('a list waits for every partition that holds anything', async () => {
  const { waited, freshness } = freshnessOver(async (partition) => (partition === 0 ? 0 : 2));
  await freshness.everything();
  expect(waited.map(({ partition }) => partition)).toEqual(['accounts', 1]);
});

test('with the log away a read goes on with what is there', async () => {
  const { freshness } = freshnessOver(() => Promise.reject(new Unavailable('away')));
  await expect(freshness.everything()).resolves.toBeUndefined();
});

test('a log that does not answer holds a read up for two seconds, not longer', async () => {
  const { freshness } = freshnessOver(() => new Promise(() => undefined));
  const began = Date.now();
  await freshness.room('any');
  expect(Date.now() - began).toBeLessThan(3_000);
});

test('what is no outage is not hidden', async () => {
  const { freshness } = freshnessOver(() => Promise.reject(new TypeError('a bug')));
  await expect(freshness.accounts()).rejects.toThrow('a bug');
});

/** A projection that stands still `times` times before it goes on. */
const stalledOver = (times: number, probe: () => Promise<unknown>) => {
  let asked = 0;
  const log = { partitions: [0], partitionOf: () => 0, epochOf: () => 'e', head: async () => 3 };
  const checkpoints = { waitFor: async () => ++asked > times };
  return { freshness: createFreshness(log, checkpoints, probe), asked: () => asked };
};

test('a projection that stands still is waited for when its database is back', async () => {
  const { freshness, asked } = stalledOver(3, async () => undefined);
  await freshness.everything();
  expect(asked()).toBe(4);
});

test('while the database is away there is no waiting: the read says so at once', async () => {
  const { freshness, asked } = stalledOver(3, () => Promise.reject(new Unavailable('Postgres is away')));
  await freshness.everything();
  expect(asked()).toBe(1);
});
