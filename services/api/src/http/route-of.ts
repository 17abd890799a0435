import type { Request } from 'express';

/**
 * The route that a request has come to, without the ids in its path; `none` without one. Known once it is answered. A route is mounted at
 * its path and under `/api`: both count as one.
 */
export const routeOf = (request: Request): string => {
  const route: unknown = request.route;
  if (typeof route !== 'object' || route === null || !('path' in route)) return 'none';
  const path: unknown = Array.isArray(route.path) ? route.path[0] : route.path;
  return typeof path === 'string' ? path : 'none';
};
