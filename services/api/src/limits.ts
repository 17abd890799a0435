import { Refusal, type RefusalCode } from '@kuraxx/domain';
import {
  type Attempt,
  type Attempts,
  connectLimitsRedis,
  createAttempts,
  createFairQueue,
  createRates,
  type FairQueue,
  hidden,
  noAttempts,
  noQueue,
  passcodeRules,
  passwordRules,
  RateLimited,
  type Rates,
} from '@kuraxx/limits';
import type { Config, Logger } from '@kuraxx/runtime';

/**
 * A few more run than bcrypt takes at a time, so that it never idles; at some 7 a second the last of one address waits a minute,
 * and somebody from elsewhere a second.
 */
const passwordWorkLimits = { maxRunning: 4, maxWaiting: 2_000, maxWaitingPerKey: 400, retryAfterMs: 5_000 };

/** What keeps this process from being used too much, and secrets from being guessed. */
export type Limits = {
  readonly passwords: Attempts;
  readonly passcodes: Attempts;
  /** What hashes a password, by address. */
  readonly passwordWork: FairQueue;
  /** Absent: no limits per window. */
  readonly rates: Rates | undefined;
  /** Whether they count over all processes now: else each by itself, because Redis is away. */
  isShared(): boolean;
  close(): void;
};

/** Nothing is limited. */
export const noLimits: Limits = {
  passwords: noAttempts,
  passcodes: noAttempts,
  passwordWork: noQueue,
  rates: undefined,
  isShared: () => true,
  close: () => undefined,
};

/** Counts in Redis, in memory while it is away; starting never depends on it. */
export const openLimits = async (config: Pick<Config, 'rateLimit' | 'redisUrl'>, logger: Logger): Promise<Limits> => {
  if (!config.rateLimit.enabled) return noLimits;
  const connection = await connectLimitsRedis(config.redisUrl, logger);
  const { redis } = connection;
  const rates = createRates(redis, config.rateLimit);
  return {
    passwords: createAttempts(redis, passwordRules, 'password'),
    passcodes: createAttempts(redis, passcodeRules, 'passcode'),
    passwordWork: createFairQueue(passwordWorkLimits),
    rates,
    isShared: () => redis.status === 'ready',
    close: () => {
      rates.close();
      connection.close();
    },
  };
};

/** A log-in to the account of an e-mail, whether there is one or not: nobody learns that from a delay. */
export const logInAttempt = (email: string, address: string): Attempt => ({
  target: email.toLowerCase(),
  by: address,
  address,
});

/** For `Attempts.run`: a refusal with this code is a wrong guess. */
export const isRefusal =
  (code: RefusalCode) =>
  (error: unknown): boolean =>
    error instanceof Refusal && error.code === code;

/**
 * Does what checks the password of an account: not too often, slower after each wrong one, by turns of addresses.
 *
 * @param check refuses a wrong password with AUTH_INVALID_CREDENTIALS
 * @throws {RateLimited} what `check` throws
 */
export const withPassword = async <T>(
  { rates, passwords, passwordWork }: Limits,
  { email, address }: { readonly email: string; readonly address: string },
  check: () => Promise<T>,
): Promise<T> => {
  const verdict = await rates?.take(['signIn'], { userId: hidden('account', email.toLowerCase()) });
  if (verdict?.allowed === false) throw new RateLimited('', verdict.resetMs);
  const inTurn = () => passwordWork.run(address, check);
  return passwords.run(logInAttempt(email, address), inTurn, isRefusal('AUTH_INVALID_CREDENTIALS'));
};
