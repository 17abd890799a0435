import type { Request } from 'express';
import { z } from 'zod';

/** A route is mounted at its path and under `/api`: both count as one. */
const mounted = z.object({
  path: z.union([z.string(), z.tuple([z.string()], z.string()).transform(([first]) => first)]),
});

/** The route that a request has come to, without the ids in its path; `none` without one. Known once it is answered. */
export const routeOf = (request: Request): string => mounted.safeParse(request.route).data?.path ?? 'none';
