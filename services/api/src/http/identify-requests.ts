import { randomUUID } from 'node:crypto';
import type { Logger } from '@kuraxx/runtime';
import type { Request, RequestHandler } from 'express';
import { routeOf } from './route-of.ts';

/** What a caller may name a request by: nothing that breaks a log line or a header. */
const wellFormed = /^[\w.:@/+=-]{1,128}$/;

const ids = new WeakMap<Request, string>();

/** What the request is called in logs, and in the answer's `X-Request-Id`. */
export const requestIdOf = (request: Request): string | undefined => ids.get(request);

/** Gives each request an id, the caller's `X-Request-Id` where it is well-formed, answers with it, and logs at `debug` what became of it. */
export const identifyRequests =
  (logger: Logger): RequestHandler =>
  (request, response, next) => {
    const given = request.get('x-request-id');
    const requestId = given !== undefined && wellFormed.test(given) ? given : randomUUID();
    ids.set(request, requestId);
    response.set('X-Request-Id', requestId);
    if (logger.isLevelEnabled('debug')) {
      const startedAtMs = performance.now();
      response.once('finish', () => {
        const ms = Math.round(performance.now() - startedAtMs);
        logger.debug(
          { requestId, method: request.method, route: routeOf(request), status: response.statusCode, ms },
          'request',
        );
      });
    }
    next();
  };
