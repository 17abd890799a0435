import { cheapHistogram, type Series } from '@kuraxx/runtime';
import type { RequestHandler } from 'express';
import type { Registry } from 'prom-client';
import { routeOf } from './route-of.ts';

/** In seconds; the waits for read models and bcrypt are in the upper half. */
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Counts and times requests by route, not by path, so that ids in paths don't make series without end. */
export const measureRequests = (registry: Registry): RequestHandler => {
  const help = 'Time until a request was answered; routes that are not there count as "none"';
  const seconds = cheapHistogram({ name: 'kuraxx_http_request_seconds', help, buckets }, registry);
  const known = new Map<string, Series>();
  const seriesOf = (method: string, route: string, status: string): Series => {
    const key = `${method} ${route} ${status}`;
    const series = known.get(key) ?? seconds.series({ method, route, status });
    known.set(key, series);
    return series;
  };
  return (request, response, next) => {
    const startedAtMs = performance.now();
    response.once('finish', () => {
      const series = seriesOf(request.method, routeOf(request), String(response.statusCode));
      series.observe((performance.now() - startedAtMs) / 1000);
    });
    next();
  };
};
