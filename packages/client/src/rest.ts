import type { apiContract, ErrorCode } from '@kuraxx/contracts';
import type { AppRoute, AppRouter, ClientInferRequest, ClientInferResponseBody } from '@ts-rest/core';
import { ApiError, Unreachable } from './errors.ts';
import { routes } from './routes.ts';

/** The parts of a request, those that may be left out optional. */
type Parts<T> = { [K in keyof T as object extends T[K] ? never : undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as object extends T[K] ? K : undefined extends T[K] ? K : never]?: T[K];
};
type Request<R extends AppRoute> = Parts<
  Pick<ClientInferRequest<R>, Extract<'params' | 'query' | 'body', keyof ClientInferRequest<R>>>
>;

type Success<R extends AppRoute> = ClientInferResponseBody<R, Extract<200 | 201 | 202, keyof R['responses']>>;

/** What a call comes to: the answer's `data`, and `meta` of numbered lists beside it. */
type Answer<B> = B extends { data: infer D; meta: infer M } ? D & { meta: M } : B extends { data: infer D } ? D : B;

export type CallOptions = {
  readonly signal?: AbortSignal;
  /** Default 30 000. */
  readonly timeoutMs?: number;
};

type Call<R extends AppRoute> =
  object extends Request<R>
    ? (request?: Request<R>, options?: CallOptions) => Promise<Answer<Success<R>>>
    : (request: Request<R>, options?: CallOptions) => Promise<Answer<Success<R>>>;

type RestOf<C extends AppRouter> = {
  readonly [K in keyof C]: C[K] extends AppRoute ? Call<C[K]> : C[K] extends AppRouter ? RestOf<C[K]> : never;
};

/**
 * The whole REST API: `rest.rooms.create({ body: { name: 'Crew' } })` resolves with the answer's data.
 *
 * Every call @throws {ApiError} when the server refuses @throws {Unreachable} @throws {SignedOut} without a session
 */
export type Rest = RestOf<typeof apiContract>;

/** An access token other than `stale`. @throws {SignedOut} @throws {Unreachable} */
export type AccessToken = (stale?: string) => Promise<string>;

type AnyRequest = {
  params?: Record<string, string>;
  query?: Record<string, string | number | boolean | undefined>;
  body?: unknown;
};
type Table = { readonly [name: string]: string | Table };

const defaultTimeoutMs = 30_000;

const withParams = (path: string, params: Record<string, string> = {}): string =>
  path.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));

const withQuery = (path: string, query: AnyRequest['query'] = {}): string => {
  const pairs = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, `${value}`]]));
  return pairs.length === 0 ? path : `${path}?${new URLSearchParams(pairs)}`;
};

/** Bodies with a file in them go out as forms. */
const formOf = (body: unknown): FormData | undefined => {
  if (body instanceof FormData) return body;
  const fields = Object.entries(body ?? {});
  if (!fields.some(([, value]) => value instanceof Blob)) return undefined;
  const form = new FormData();
  for (const [name, value] of fields) {
    if (value instanceof Blob) form.append(name, value);
    else if (value !== undefined) form.append(name, String(value));
  }
  return form;
};

type Envelope = { error?: { code?: ErrorCode; message?: string; details?: Record<string, string[]> } };

const errorOf = async (response: Response): Promise<ApiError> => {
  const body: Envelope | undefined = await response.json().catch(() => undefined); // a proxy's page, say
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
  return new ApiError({
    status: response.status,
    code: body?.error?.code ?? 'UNKNOWN',
    message: body?.error?.message ?? `HTTP status ${response.status}`,
    details: body?.error?.details,
    retryAfterMs: Number.isNaN(retryAfter) ? undefined : retryAfter * 1000,
  });
};

const renewable: ReadonlySet<string> = new Set(['AUTH_TOKEN_EXPIRED', 'AUTH_TOKEN_INVALID']);

/**
 * Calls routes. An access token that has expired is renewed and the call made again, once: it was refused before it did anything.
 *
 * @param apiUrl without a slash at its end
 */
export const createRest = (apiUrl: string, send: typeof fetch, accessToken: AccessToken): Rest => {
  const attempt = async (
    route: string,
    request: AnyRequest,
    options: CallOptions,
    token?: string,
  ): Promise<Response> => {
    const [path = '', method = ''] = route.split(' ').reverse();
    const { params, query, body } = request;
    const form = formOf(body);
    const timeout = AbortSignal.timeout(options.timeoutMs ?? defaultTimeoutMs);
    const hasBody = method !== 'GET';
    try {
      return await send(apiUrl + withQuery(withParams(path, params), query), {
        method,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(hasBody && form === undefined ? { 'content-type': 'application/json' } : {}), // a form names its own boundary
        },
        ...(hasBody ? { body: form ?? JSON.stringify(body ?? {}) } : {}),
        signal: options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]),
      });
    } catch (cause) {
      options.signal?.throwIfAborted();
      throw new Unreachable(`${method} ${path}: no answer`, { cause });
    }
  };

  const call = async (route: string, request: AnyRequest = {}, options: CallOptions = {}): Promise<unknown> => {
    const isOpen = route.startsWith('open ');
    let token = isOpen ? undefined : await accessToken();
    let response = await attempt(route, request, options, token);
    let error = response.ok ? undefined : await errorOf(response);
    if (error !== undefined && token !== undefined && renewable.has(error.code)) {
      token = await accessToken(token);
      response = await attempt(route, request, options, token);
      error = response.ok ? undefined : await errorOf(response);
    }
    if (error !== undefined) throw error;
    const { data, meta } = await response.json().catch((cause: unknown) => {
      throw new Unreachable('the answer broke off', { cause });
    });
    return meta === undefined ? data : { ...data, meta };
  };

  const build = (table: Table): object =>
    Object.fromEntries(
      Object.entries(table).map(([name, entry]) => [
        name,
        typeof entry === 'string'
          ? (request?: AnyRequest, options?: CallOptions) => call(entry, request, options)
          : build(entry),
      ]),
    );
  // The one place where a type is asserted: the table was held to the contract when it was compiled, the answers are the server's promise
  return build(routes) as Rest;
};
