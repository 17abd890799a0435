import { addressKey, type Operation, RateLimited, type Rates, type Verdict } from '@kuraxx/limits';
import type { Request, RequestHandler, Response } from 'express';
import { findBearerToken } from './bearer.ts';

/** What limits count the client by. Behind proxies the address is what express makes of `trust proxy`. */
export const addressOf = (request: Request): string => addressKey(request.ip ?? '');

/** Refuses with 429 what is above the limits of a request that counts as `operation` too. */
export type LimitRequests = (operation?: Operation) => RequestHandler;

/** The three headers of draft-ietf-httpapi-ratelimit-headers up to its sixth version, which clients know: seconds to the reset. */
const tell = (response: Response, { limit, remaining, resetMs }: Verdict): void => {
  response.set({
    'RateLimit-Limit': String(limit),
    'RateLimit-Remaining': String(remaining),
    'RateLimit-Reset': String(Math.ceil(resetMs / 1000)),
  });
};

/**
 * Counts by the user of a valid token and by the address. A token that anybody can make up opens no window of its own.
 * `RateLimit-*` tells of the tightest limit.
 *
 * @param userOf whose valid token it is; `undefined` when it is none
 */
export const createLimitRequests =
  (rates: Rates, userOf: (token: string) => string | undefined): LimitRequests =>
  (operation) => {
    const operations: Operation[] = operation === undefined ? ['request'] : ['request', operation];
    return async (request, response, next) => {
      const token = findBearerToken(request);
      const userId = token === undefined ? undefined : userOf(token);
      const verdict = await rates.take(operations, { address: addressOf(request), userId });
      tell(response, verdict);
      if (!verdict.allowed) throw new RateLimited('', verdict.resetMs);
      next();
    };
  };
