import { eventually } from '@kuraxx/testing';
import fc from 'fast-check';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { expect, onTestFinished, test } from 'vitest';
import { createWindows, type Windows } from './windows.ts';

/** Processes that count at one place. */
const processes = (count: number, seconds = 60): Windows[] => {
  const counter = new RateLimiterMemory({ points: 1, duration: seconds });
  const all = Array.from({ length: count }, () => createWindows(counter));
  onTestFinished(() => {
    for (const one of all) one.close();
  });
  return all;
};

test('over several processes never more than the limit is allowed, and of small limits never less', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 400 }),
      fc.array(fc.nat({ max: 2 }), { minLength: 1, maxLength: 600 }),
      fc.boolean(),
      async (limit, takers, isAtOnce) => {
        const all = processes(3);
        const verdicts = [];
        const take = async (taker: number) => (all[taker] ?? all[0])?.take('key', limit);
        if (isAtOnce) verdicts.push(...(await Promise.all(takers.map(take))));
        else for (const taker of takers) verdicts.push(await take(taker));
        const allowed = verdicts.filter((verdict) => verdict?.allowed).length;
        expect(allowed).toBeLessThanOrEqual(Math.min(limit, takers.length));
        const lease = Math.max(1, Math.floor(limit / 100));
        const unused = lease === 1 ? 0 : 2 * 2 * lease; // each of the other two has one in use and one fetched ahead
        expect(allowed).toBeGreaterThanOrEqual(Math.min(limit - unused, takers.length));
      },
    ),
  );
});

test('keys do not share', async () => {
  const [one] = processes(1);
  expect(await one?.take('ann', 1)).toMatchObject({ allowed: true, remaining: 0, limit: 1 });
  expect(await one?.take('ann', 1)).toMatchObject({ allowed: false });
  expect(await one?.take('bob', 1)).toMatchObject({ allowed: true });
});

test('a refusal says how long the window lasts, and after it the limit is whole again', async () => {
  const [one] = processes(1, 1);
  await one?.take('ann', 1);
  const refused = await one?.take('ann', 1);
  expect(refused?.resetMs).toBeGreaterThan(0);
  expect(refused?.resetMs).toBeLessThanOrEqual(1_000);
  await eventually(async () => expect(await one?.take('ann', 1)).toMatchObject({ allowed: true }));
});

test('who has used up a small limit is refused at once, without the shared count', async () => {
  const [one] = processes(1);
  for (let taken = 0; taken < 3; taken++) await one?.take('ann', 3);
  expect(one?.take('ann', 3)).toMatchObject({ allowed: false, remaining: 0 });
});

test('under a large limit hardly anything waits for the shared count', async () => {
  let asked = 0;
  const counter = new RateLimiterMemory({ points: 1, duration: 60 });
  const one = createWindows({
    penalty: (key, points) => {
      asked += 1;
      return counter.penalty(key, points);
    },
  });
  onTestFinished(() => one.close());
  let waited = 0;
  for (let taken = 0; taken < 10_000; taken++) {
    const verdict = one.take('ann', 60_000);
    if (!(verdict instanceof Promise)) continue;
    waited += 1;
    await verdict;
  }
  expect(asked).toBeLessThanOrEqual(20);
  expect(waited).toBeLessThanOrEqual(asked);
});

test('a counter that fails is told to who waits, and asked again by the next', async () => {
  const counter = new RateLimiterMemory({ points: 1, duration: 60 });
  let fails = true;
  const one = createWindows({
    penalty: (key, points) => (fails ? Promise.reject(new Error('away')) : counter.penalty(key, points)),
  });
  onTestFinished(() => one.close());
  await expect(one.take('ann', 5)).rejects.toThrow('away');
  fails = false;
  expect(await one.take('ann', 5)).toMatchObject({ allowed: true });
});
