import { createTcpProxy, eventually, testServers } from '@kuraxx/testing';
import { expect, onTestFinished, test } from 'vitest';
import { type AttemptRules, type Attempts, createAttempts, delaySeconds } from './attempts.ts';
import { RateLimited } from './rate-limited.ts';
import { openRedis, uniquePrefix } from './redis.fixture.ts';

const lax = { free: 1000, maxDelaySeconds: 60 };
const rulesOf = (changes: Partial<AttemptRules>): AttemptRules => ({
  pair: lax,
  target: lax,
  address: lax,
  ...changes,
});
const attemptsOf = async (changes: Partial<AttemptRules>, prefix = uniquePrefix(), url = testServers().redisUrl) =>
  createAttempts(await openRedis(url), rulesOf(changes), prefix);

const wrongGuess = new Error('wrong');
const isWrong = (error: unknown): boolean => error === wrongGuess;
const from = (address: string, target = 'ann') => ({ target, by: address, address });
const here = from('192.0.2.1');

type Outcome = 'right' | 'wrong' | number;

/** How it came out: a delay is the time to wait in ms. */
const guess = async (attempts: Attempts, at: typeof here, isRight: boolean): Promise<Outcome> => {
  try {
    await attempts.run(
      at,
      async () => {
        await new Promise((resolve) => setImmediate(resolve));
        if (!isRight) throw wrongGuess;
      },
      isWrong,
    );
    return 'right';
  } catch (error) {
    if (error instanceof RateLimited) return error.retryAfterMs;
    if (error === wrongGuess) return 'wrong';
    throw error;
  }
};
const wrongTimes = async (attempts: Attempts, at: typeof here, times: number): Promise<Outcome[]> => {
  const outcomes: Outcome[] = [];
  for (let time = 0; time < times; time++) outcomes.push(await guess(attempts, at, false));
  return outcomes;
};

test('four wrong guesses cost nothing, also after a right one', async () => {
  const attempts = await attemptsOf({ pair: { free: 4, maxDelaySeconds: 300 } });
  for (let round = 0; round < 3; round++) {
    expect(await wrongTimes(attempts, here, 4)).toEqual(['wrong', 'wrong', 'wrong', 'wrong']);
    expect(await guess(attempts, here, true)).toBe('right');
  }
});

test('after that each wrong guess doubles the delay up to its bound', () => {
  const rule = { free: 4, maxDelaySeconds: 300 };
  const delays = Array.from({ length: 16 }, (_, wrong) => delaySeconds(rule, wrong));
  expect(delays).toEqual([0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
  expect(delaySeconds(rule, 1_000_000)).toBe(300);
});

test('before the end of the delay not even a right guess is looked at', async () => {
  const attempts = await attemptsOf({ pair: { free: 1, maxDelaySeconds: 300 } });
  expect(await wrongTimes(attempts, here, 2)).toEqual(['wrong', 'wrong']);
  const delay = await guess(attempts, here, true);
  expect(delay).toBeGreaterThan(0);
  expect(delay).toBeLessThanOrEqual(1_000);
});

test('when the delay is over a right guess passes, and wrong ones are free again', async () => {
  const attempts = await attemptsOf({ pair: { free: 1, maxDelaySeconds: 1 } });
  await wrongTimes(attempts, here, 2);
  await eventually(async () => expect(await guess(attempts, here, true)).toBe('right'));
  expect(await guess(attempts, here, false)).toBe('wrong');
});

test('of guesses at once no more are looked at than would be one after the other', async () => {
  const attempts = await attemptsOf({ pair: { free: 4, maxDelaySeconds: 300 } });
  const begun = performance.now();
  const outcomes = await Promise.all(Array.from({ length: 100 }, () => guess(attempts, here, false)));
  const seconds = (performance.now() - begun) / 1000;
  const wrong = outcomes.filter((outcome) => outcome === 'wrong').length;
  expect(wrong).toBeGreaterThanOrEqual(5);
  // Delays of 1, 2, 4 … seconds: one more for each that was over meanwhile
  expect(wrong).toBeLessThanOrEqual(5 + Math.log2(seconds + 1));
  expect(outcomes.filter((outcome) => typeof outcome === 'number')).toHaveLength(100 - wrong);
});

test('right ones at once all pass', async () => {
  const attempts = await attemptsOf({ pair: { free: 4, maxDelaySeconds: 300 } });
  const outcomes = await Promise.all(Array.from({ length: 100 }, () => guess(attempts, here, true)));
  expect(new Set(outcomes)).toEqual(new Set(['right']));
});

test('what fails for another reason counts neither way', async () => {
  const attempts = await attemptsOf({ pair: { free: 1, maxDelaySeconds: 300 } });
  const fails = () =>
    attempts.run(
      here,
      async () => {
        throw new Error('the server is away');
      },
      isWrong,
    );
  for (let time = 0; time < 5; time++) await expect(fails()).rejects.toThrow('away');
  expect(await guess(attempts, here, true)).toBe('right');
});

test('a target that is guessed at from everywhere is delayed, for strangers alone', async () => {
  const attempts = await attemptsOf({ target: { free: 3, maxDelaySeconds: 60 } });
  const owner = from('192.0.2.7');
  await attempts.vouch(owner);
  for (let host = 10; host < 14; host++) expect(await guess(attempts, from(`192.0.2.${host}`), false)).toBe('wrong');
  expect(await guess(attempts, from('192.0.2.14'), true)).toBeTypeOf('number');
  expect(await guess(attempts, owner, true)).toBe('right');
  expect(await guess(attempts, from('192.0.2.14', 'bob'), true)).toBe('right');
});

test('an address that guesses at everybody is delayed, but not where it is known', async () => {
  const attempts = await attemptsOf({ address: { free: 3, maxDelaySeconds: 60 } });
  await attempts.vouch(from('192.0.2.1', 'zoe'));
  for (const target of ['a', 'b', 'c', 'd'])
    expect(await guess(attempts, from('192.0.2.1', target), false)).toBe('wrong');
  expect(await guess(attempts, from('192.0.2.1', 'e'), true)).toBeTypeOf('number');
  expect(await guess(attempts, from('192.0.2.2', 'e'), true)).toBe('right');
  expect(await guess(attempts, from('192.0.2.1', 'zoe'), true)).toBe('right');
});

test('two processes count together', async () => {
  const prefix = uniquePrefix();
  const rules = { pair: { free: 2, maxDelaySeconds: 300 } };
  const [one, two] = [await attemptsOf(rules, prefix), await attemptsOf(rules, prefix)];
  for (const attempts of [one, two, one]) expect(await guess(attempts, here, false)).toBe('wrong');
  expect(await guess(two, here, true)).toBeTypeOf('number');
});

test.each(['cut', 'pause'] as const)('without Redis (%s) a process goes on counting in memory', async (how) => {
  const proxy = await createTcpProxy(testServers().redisUrl);
  onTestFinished(() => proxy.close());
  const attempts = await attemptsOf({ pair: { free: 2, maxDelaySeconds: 300 } }, uniquePrefix(), proxy.url);
  expect(await guess(attempts, from('192.0.2.2'), true)).toBe('right');
  proxy[how]();
  expect(await wrongTimes(attempts, here, 3)).toEqual(['wrong', 'wrong', 'wrong']);
  expect(await guess(attempts, here, true)).toBeTypeOf('number');
});

test('nothing that is guessed at stands in Redis as it is', async () => {
  const prefix = uniquePrefix();
  const redis = await openRedis(testServers().redisUrl);
  const attempts = createAttempts(redis, rulesOf({}), prefix);
  await guess(attempts, from('192.0.2.99', 'mira@example.org'), false);
  const keys = await redis.keys(`kuraxx:${prefix}*`);
  expect(keys).toHaveLength(3);
  expect(keys.join()).not.toMatch(/mira|192\.0/);
});
