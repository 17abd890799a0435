export { addressKey, clientAddress } from './address.ts';
export {
  type Attempt,
  type AttemptRules,
  type Attempts,
  createAttempts,
  type DelayRule,
  noAttempts,
  passcodeRules,
  passwordRules,
} from './attempts.ts';
export { createFairQueue, type FairQueue, noQueue } from './fair-queue.ts';
export { hidden } from './hidden.ts';
export { isTooDeep, maxJsonDepth } from './json-depth.ts';
export { RateLimited } from './rate-limited.ts';
export { createRates, type Doer, type Operation, operations, type RateRules, type Rates } from './rates.ts';
export { connectLimitsRedis, type LimitsRedis } from './redis.ts';
export type { Verdict } from './windows.ts';
