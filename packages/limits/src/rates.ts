import type { Redis } from 'ioredis';
import { insuredCounter } from './counter.ts';
import { createWindows, type Verdict } from './windows.ts';

/** What is counted. `request` is every REST request; the others are kinds of work, by REST or WebSocket. */
export const operations = ['request', 'read', 'write', 'send', 'upload', 'signIn', 'frame'] as const;
export type Operation = (typeof operations)[number];

export type RateRules = {
  readonly windowMs: number;
  /** How often one user may do it in a window. */
  readonly perUser: Readonly<Record<Operation, number>>;
  /** An address may do as much as this many users. */
  readonly addressFactor: number;
};

/**
 * Who does it: an address as `addressKey` gives it, a user, or both. An address without a user is also held to a user's
 * limit of `request`.
 */
export type Doer = { readonly address?: string | undefined; readonly userId?: string | undefined };

/** Limits on how often something is done, by user and by address, over all processes. */
export type Rates = {
  /** Counts one of each operation. The verdict is that of the tightest limit. Mostly synchronous: see `Windows.take`. */
  take(wanted: readonly Operation[], doer: Doer): Verdict | Promise<Verdict>;
  close(): void;
};

/** The first that refuses, else the one of which the smallest share is left. */
const tightest = (verdicts: readonly Verdict[]): Verdict => {
  const refused = verdicts.filter(({ allowed }) => !allowed);
  const [first, ...rest] = refused.length > 0 ? refused : verdicts;
  if (first === undefined) throw new Error('nothing was asked for');
  const isTighter = (one: Verdict, other: Verdict) =>
    one.allowed ? one.remaining / one.limit < other.remaining / other.limit : one.resetMs > other.resetMs;
  return rest.reduce((chosen, verdict) => (isTighter(verdict, chosen) ? verdict : chosen), first);
};

/** @param keyPrefix sets counters apart that have a Redis in common */
export const createRates = (redis: Redis, rules: RateRules, keyPrefix = 'kuraxx:rate'): Rates => {
  const windows = createWindows(insuredCounter(redis, { keyPrefix, seconds: Math.ceil(rules.windowMs / 1000) }));
  return {
    take(wanted, { address, userId }) {
      const taken: (Verdict | Promise<Verdict>)[] = [];
      for (const operation of wanted) {
        const limit = rules.perUser[operation];
        if (address !== undefined) {
          taken.push(windows.take(`${operation}:address:${address}`, limit * rules.addressFactor));
        }
        if (userId !== undefined) taken.push(windows.take(`${operation}:user:${userId}`, limit));
        else if (operation === 'request') taken.push(windows.take(`${operation}:nobody:${address}`, limit));
      }
      const atOnce = taken.filter((verdict): verdict is Verdict => !(verdict instanceof Promise));
      // A refusal needs no more to be known: what else was asked for is counted all the same
      return atOnce.length === taken.length || atOnce.some(({ allowed }) => !allowed)
        ? tightest(atOnce)
        : Promise.all(taken.map(async (verdict) => verdict)).then(tightest);
    },
    close: () => windows.close(),
  };
};
