import { Refusal, type RefusalCode } from '@kuraxx/domain';
import {
  type Attempt,
  type Attempts,
  connectLimitsRedis,
  createAttempts,
  createRates,
  hidden,
  noAttempts,
  passcodeRules,
  passwordRules,
  RateLimited,
  type Rates,
} from '@kuraxx/limits';
import type { Config, Logger } from '@kuraxx/runtime';

/** What keeps this process from being used too much, and secrets from being guessed. */
export type Limits = {
  readonly passwords: Attempts;
  readonly passcodes: Attempts;
  /** Absent: no limits per window. */
  readonly rates: Rates | undefined;
  close(): void;
};

/** Nothing is limited. */
export const noLimits: Limits = {
  passwords: noAttempts,
  passcodes: noAttempts,
  rates: undefined,
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
    rates,
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

/** Counts a log-in of one account, right or wrong: each costs as much. @throws {RateLimited} */
export const countLogIn = async ({ rates }: Pick<Limits, 'rates'>, email: string): Promise<void> => {
  const verdict = await rates?.take(['signIn'], { userId: hidden('account', email.toLowerCase()) });
  if (verdict?.allowed === false) throw new RateLimited('', verdict.resetMs);
};
