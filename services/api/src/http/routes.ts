import { isOpenToAll } from '@kuraxx/contracts';
import { formatPosition } from '@kuraxx/event-store';
import type { AppRoute } from '@ts-rest/core';
import type { Express, Request, RequestHandler } from 'express';
import { readBody } from './body.ts';
import { parseQuery } from './form.ts';
import type { Caller, Endpoint } from './handler.ts';
import type { OutageGuard } from './outage-guard.ts';
import { parseInput } from './parse-input.ts';
import { Problem } from './problem.ts';

export type Authenticate = (accessToken: string) => Promise<Caller>;

/** @throws {Problem} AUTH_UNAUTHORIZED without a bearer token */
export const bearerToken = (request: Request): string => {
  const token = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1];
  if (token === undefined) throw new Problem('AUTH_UNAUTHORIZED');
  return token;
};

/** `/rooms/list` comes before `/rooms/:id`, which would swallow it. */
const staticFirst = (a: Endpoint, b: Endpoint): number => {
  const key = ({ route }: Endpoint) => route.path.replaceAll(/:[^/]+/g, '\uffff');
  return key(a) < key(b) ? -1 : 1;
};

const successStatus = (route: AppRoute): number => (201 in route.responses ? 201 : 200);

const prefersAsync = (request: Request): boolean =>
  /(?:^|,)\s*respond-async\s*(?:$|[,;])/i.test(String(request.headers.prefer ?? ''));

/** Token (401), then path, query and body (400), then the handler. */
const serve =
  ({ route, handle }: Endpoint, authenticate: Authenticate, guard: OutageGuard): RequestHandler =>
  async (request, response) => {
    const startedAtMs = Date.now();
    const caller = isOpenToAll(route.metadata)
      ? undefined
      : await guard(authenticate(bearerToken(request)), startedAtMs);
    const body = route.method === 'GET' ? undefined : await readBody(request, response);
    const input = await parseInput(route, { params: request.params, query: parseQuery(request.url), body });
    const respondAsync = prefersAsync(request);
    const { position, ...content } = await guard(handle({ ...input, caller, respondAsync }), startedAtMs);
    if (position !== undefined) response.set('Kuraxx-Position', formatPosition(position));
    if (position !== undefined && respondAsync) response.set('Preference-Applied', 'respond-async');
    response.status(successStatus(route)).json({ success: true, ...content });
  };

/** Mounts every endpoint, at its path and under `/api`. */
export const mountEndpoints = (
  app: Express,
  endpoints: readonly Endpoint[],
  authenticate: Authenticate,
  guard: OutageGuard,
): void => {
  for (const endpoint of endpoints.toSorted(staticFirst)) {
    const { method, path } = endpoint.route;
    const paths = [path, `/api${path}`];
    const handler = serve(endpoint, authenticate, guard);
    switch (method) {
      case 'GET':
        app.get(paths, handler);
        break;
      case 'POST':
        app.post(paths, handler);
        break;
      case 'PUT':
        app.put(paths, handler);
        break;
      case 'PATCH':
        app.patch(paths, handler);
        break;
      case 'DELETE':
        app.delete(paths, handler);
        break;
    }
  }
};
