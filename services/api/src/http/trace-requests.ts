import type { Tracing } from '@kuraxx/runtime';
import type { RequestHandler } from 'express';
import { routeOf } from './route-of.ts';

/** One span for each request, below the caller's where it names one (`traceparent`); everything that the request brings about is below it. */
export const traceRequests =
  (tracing: Tracing): RequestHandler =>
  (request, response, next) => {
    const start = { kind: 'server', parent: request.get('traceparent') } as const;
    void tracing.span(request.method, start, (span) => {
      const closed = new Promise<void>((resolve) => response.once('close', resolve));
      response.once('finish', () => {
        const route = routeOf(request);
        span.name(`${request.method} ${route}`);
        span.set({
          'http.request.method': request.method,
          'http.route': route,
          'http.response.status_code': response.statusCode,
        });
        if (response.statusCode >= 500) span.failed();
      });
      next();
      return closed;
    });
  };
