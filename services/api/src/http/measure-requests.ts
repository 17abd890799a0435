import type { RequestHandler } from 'express';
import { Histogram, type Registry } from 'prom-client';
import { routeOf } from './route-of.ts';

/** In seconds; the waits for read models and bcrypt are in the upper half. */
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Counts and times requests by route, not by path, so that ids in paths don't make series without end. */
export const measureRequests = (registry: Registry): RequestHandler => {
  const seconds = new Histogram({
    name: 'kuraxx_http_request_seconds',
    help: 'Time until a request was answered; routes that are not there count as "none"',
    labelNames: ['method', 'route', 'status'],
    buckets,
    registers: [registry],
  });
  return (request, response, next) => {
    const end = seconds.startTimer();
    response.once('finish', () => {
      end({ method: request.method, route: routeOf(request), status: response.statusCode });
    });
    next();
  };
};
