import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createFairQueue } from './fair-queue.ts';
import { RateLimited } from './rate-limited.ts';

const limits = { maxRunning: 2, maxWaiting: 100, maxWaitingPerKey: 80, retryAfterMs: 1_000 };
const turn = () => new Promise<void>((resolve) => void setImmediate(resolve));

test('one who comes after a crowd of another key is served next', async () => {
  const queue = createFairQueue(limits);
  const log: string[] = [];
  const work = (key: string) =>
    queue.run(key, async () => {
      log.push(key);
      await turn();
    });
  await Promise.all([...Array.from({ length: 50 }, () => work('crowd')), work('one'), work('other')]);
  expect(log.slice(0, 5)).toEqual(['crowd', 'crowd', 'crowd', 'one', 'other']);
  expect(log).toHaveLength(52);
});

test('never more run than may, all that is taken is done, each key in its order, also when work fails', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ key: fc.nat({ max: 4 }), fails: fc.boolean() }), { maxLength: 90 }),
      async (jobs) => {
        const queue = createFairQueue(limits);
        let running = 0;
        const begun: number[] = [];
        const results = await Promise.allSettled(
          jobs.map(({ key, fails }, index) =>
            queue.run(`${key}`, async () => {
              running += 1;
              expect(running).toBeLessThanOrEqual(limits.maxRunning);
              begun.push(index);
              await turn();
              running -= 1;
              if (fails) throw new Error('failed');
            }),
          ),
        );
        expect(results.map(({ status }) => status === 'rejected')).toEqual(jobs.map(({ fails }) => fails));
        for (let key = 0; key <= 4; key++) {
          const own = begun.filter((index) => jobs[index]?.key === key);
          expect(own).toEqual(own.toSorted((a, b) => a - b));
        }
      },
    ),
  );
});

test('too many who wait are refused, of one key and altogether', async () => {
  const queue = createFairQueue(limits);
  let end = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    end = resolve;
  });
  const crowd = (key: string, count: number) => Array.from({ length: count }, () => queue.run(key, () => held));
  const all = Promise.allSettled([...crowd('a', 83), ...crowd('b', 21)]);
  await turn();
  end();
  const refused = (await all).flatMap((result, index) => (result.status === 'rejected' ? [{ index, ...result }] : []));
  expect(refused.map(({ index }) => index)).toEqual([82, 103]);
  expect(refused.every(({ reason }) => reason instanceof RateLimited)).toBe(true);
});
