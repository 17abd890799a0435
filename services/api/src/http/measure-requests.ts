import type { RequestHandler } from 'express';
import { Histogram, type Registry } from 'prom-client';
import { z } from 'zod';

/** In seconds; the waits for read models and bcrypt are in the upper half. */
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** A route is mounted at its path and under `/api`: both count as one. */
const mounted = z.object({
  path: z.union([z.string(), z.tuple([z.string()], z.string()).transform(([first]) => first)]),
});

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
      const route = mounted.safeParse(request.route).data?.path ?? 'none';
      end({ method: request.method, route, status: response.statusCode });
    });
    next();
  };
};
