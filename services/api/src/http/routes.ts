import { isOpenToAll } from '@kuraxx/contracts';
import { formatPosition } from '@kuraxx/event-store';
import type { Outgoing } from '@kuraxx/file-links';
import type { AppRoute } from '@ts-rest/core';
import type { Express, Request, RequestHandler } from 'express';
import { bearerToken } from './bearer.ts';
import { readBody } from './body.ts';
import { parseQuery } from './form.ts';
import { type Caller, type Endpoint, isFormRoute } from './handler.ts';
import { operationOf } from './operation.ts';
import type { OutageGuard } from './outage-guard.ts';
import { parseInput } from './parse-input.ts';
import { addressOf, type LimitRequests } from './rate-limit.ts';

export type Authenticate = (accessToken: string) => Promise<Caller>;

export type Serving = {
  readonly authenticate: Authenticate;
  readonly guard: OutageGuard;
  readonly outgoing: Outgoing;
  /** Absent: no limits. */
  readonly limitRequests?: LimitRequests | undefined;
};

/** Express compares a request with one route after the other, and this is by far the most of them. */
const usualPath = '/messages/send';

/** `/rooms/list` comes before `/rooms/:id`, which would swallow it. */
const inOrder = (a: Endpoint, b: Endpoint): number => {
  const key = ({ route }: Endpoint) => (route.path === usualPath ? '' : route.path.replaceAll(/:[^/]+/g, '\uffff'));
  return key(a) < key(b) ? -1 : 1;
};

const successStatus = (route: AppRoute): number => (201 in route.responses ? 201 : 200);

const prefersAsync = (request: Request): boolean =>
  /(?:^|,)\s*respond-async\s*(?:$|[,;])/i.test(String(request.headers.prefer ?? ''));

/** Limits (429), token (401), then path, query and body (400), then the handler. */
const serve =
  ({ route, handle }: Endpoint, { authenticate, guard, outgoing }: Serving): RequestHandler =>
  async (request, response) => {
    const startedAtMs = Date.now();
    const caller = isOpenToAll(route.metadata)
      ? undefined
      : await guard(authenticate(bearerToken(request)), startedAtMs);
    const isForm = isFormRoute(route);
    const body = route.method === 'GET' || isForm ? undefined : await readBody(request, response);
    const parsed = await parseInput(route, { params: request.params, query: parseQuery(request.url), body });
    const input = isForm ? { ...parsed, body: request } : parsed;
    const respondAsync = prefersAsync(request);
    const { position, ...content } = await guard(
      handle({ ...input, caller, respondAsync, address: addressOf(request) }),
      startedAtMs,
    );
    if (position !== undefined) response.set('Kuraxx-Position', formatPosition(position));
    if (position !== undefined && respondAsync) response.set('Preference-Applied', 'respond-async');
    const json = outgoing.text(JSON.stringify({ success: true, ...content }), caller?.userId);
    response.status(successStatus(route)).type('json').send(json);
  };

/** Mounts every endpoint, at its path and under `/api`. */
export const mountEndpoints = (app: Express, endpoints: readonly Endpoint[], serving: Serving): void => {
  for (const endpoint of endpoints.toSorted(inOrder)) {
    const { method, path } = endpoint.route;
    const paths = [path, `/api${path}`];
    const limit = serving.limitRequests?.(operationOf(endpoint.route));
    const handlers = [...(limit === undefined ? [] : [limit]), serve(endpoint, serving)];
    switch (method) {
      case 'GET':
        app.get(paths, handlers);
        break;
      case 'POST':
        app.post(paths, handlers);
        break;
      case 'PUT':
        app.put(paths, handlers);
        break;
      case 'PATCH':
        app.patch(paths, handlers);
        break;
      case 'DELETE':
        app.delete(paths, handlers);
        break;
    }
  }
};
