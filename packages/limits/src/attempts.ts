import type { Redis } from 'ioredis';
import { insuredCounter } from './counter.ts';
import { hidden } from './hidden.ts';
import { RateLimited } from './rate-limited.ts';
import { createTurnstile } from './turnstile.ts';

/** Wrong guesses are forgotten this long after the first. */
const memorySeconds = 3_600;
/** A place of which somebody has succeeded is known for so long. Below 24 days: Node's timers reach no further. */
const knownSeconds = 14 * 86_400;

/** Wrong guesses up to `free` cost nothing; after that, 1 s, 2 s, 4 s… must pass before the next, `maxDelaySeconds` at most. */
export type DelayRule = { readonly free: number; readonly maxDelaySeconds: number };

/** How long nobody may guess after so many wrong guesses; 0: at once. */
export const delaySeconds = ({ free, maxDelaySeconds }: DelayRule, wrongGuesses: number): number =>
  wrongGuesses <= free ? 0 : Math.min(maxDelaySeconds, 2 ** Math.min(wrongGuesses - free - 1, 30));

export type AttemptRules = {
  /** Of one guesser at one target. */
  readonly pair: DelayRule;
  /** Of all guessers at one target. Not for those who have succeeded there lately: nobody can lock them out. */
  readonly target: DelayRule;
  /** From one address at all targets, with the same exception. */
  readonly address: DelayRule;
};

/** Passwords. An address is shared by many, and a target must stay in reach of its owner from anywhere. */
export const passwordRules: AttemptRules = {
  pair: { free: 4, maxDelaySeconds: 300 },
  target: { free: 20, maxDelaySeconds: 60 },
  address: { free: 500, maxDelaySeconds: 60 },
};

/** Passcodes of rooms. Many who were given one may type it wrongly at once. */
export const passcodeRules: AttemptRules = {
  pair: { free: 4, maxDelaySeconds: 300 },
  target: { free: 50, maxDelaySeconds: 30 },
  address: { free: 500, maxDelaySeconds: 60 },
};

export type Attempt = {
  /** What is guessed at: an account, a room. */
  readonly target: string;
  /** Who guesses: an address, or a user. */
  readonly by: string;
  /** As `addressKey` gives it. */
  readonly address: string;
};

/** Makes guessing slow. Counts are in Redis for all processes, and in memory while it is away. */
export type Attempts = {
  /**
   * Runs `check`, unless too many wrong guesses came before it. Attempts at once are let through as far as they would be
   * one after the other; the rest wait for these. Over several processes each lets through its own.
   *
   * @param isWrong whether what `check` threw means a wrong guess; anything else counts neither way
   * @throws {RateLimited} what `check` throws
   */
  run<T>(attempt: Attempt, check: () => Promise<T>, isWrong: (error: unknown) => boolean): Promise<T>;
  /** As after a right guess: `by` is known at the target from now on. */
  vouch(attempt: Attempt): Promise<void>;
};

/** Lets everything through. */
export const noAttempts: Attempts = { run: (_attempt, check) => check(), vouch: async () => undefined };

type Scope = { readonly key: string; readonly rule: DelayRule };

/** @param keyPrefix sets apart what is guessed at: the same target and guesser may occur in another */
export const createAttempts = (redis: Redis, rules: AttemptRules, keyPrefix: string): Attempts => {
  const counter = (what: string, seconds: number) =>
    insuredCounter(redis, { keyPrefix: `kuraxx:${keyPrefix}:${what}`, seconds });
  const wrong = counter('wrong', memorySeconds);
  const delayed = counter('delayed', 1);
  const known = counter('known', knownSeconds);
  const turnstile = createTurnstile();

  const pairOf = ({ target, by }: Attempt): string => hidden('pair', target, by);

  const scopesOf = async (attempt: Attempt): Promise<Scope[]> => {
    const pair = { key: pairOf(attempt), rule: rules.pair };
    if ((await known.get(pair.key)) !== null) return [pair];
    const target = { key: hidden('target', attempt.target), rule: rules.target };
    const address = { key: hidden('address', attempt.address), rule: rules.address };
    return [pair, target, address];
  };

  /** How many guesses may be at work: as many as are free yet, then one. @throws {RateLimited} */
  const places = async ({ key, rule }: Scope): Promise<number> => {
    const [delay, count] = await Promise.all([delayed.get(key), wrong.get(key)]);
    if (delay !== null && delay.msBeforeNext > 0) {
      throw new RateLimited('Too many failed attempts; try again later', delay.msBeforeNext);
    }
    return Math.max(1, rule.free - (count?.consumedPoints ?? 0));
  };

  const countWrong = async ({ key, rule }: Scope): Promise<void> => {
    const { consumedPoints } = await wrong.penalty(key);
    const seconds = delaySeconds(rule, consumedPoints);
    if (seconds > 0) await delayed.set(key, 1, seconds);
  };

  const vouch = async (attempt: Attempt): Promise<void> => {
    const key = pairOf(attempt);
    await Promise.all([known.set(key, 1, knownSeconds), wrong.delete(key), delayed.delete(key)]);
  };

  const judge: Attempts['run'] = async (attempt, check, isWrong) => {
    let result: Awaited<ReturnType<typeof check>>;
    try {
      result = await check();
    } catch (error) {
      if (isWrong(error)) await Promise.all((await scopesOf(attempt)).map(countWrong));
      throw error;
    }
    await vouch(attempt);
    return result;
  };

  return {
    vouch,
    async run(attempt, check, isWrong) {
      const entered: Scope[] = [];
      try {
        for (const scope of await scopesOf(attempt)) {
          if (!(await turnstile.enter(scope.key, () => places(scope)))) {
            throw new RateLimited('Too many attempts at once; try again later', 1_000);
          }
          entered.push(scope);
        }
        return await judge(attempt, check, isWrong);
      } finally {
        for (const { key } of entered) turnstile.leave(key); // only now: who waits must see what this one has counted
      }
    },
  };
};
