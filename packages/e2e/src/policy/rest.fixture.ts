import { errorBody } from '@kuraxx/contracts';
import { type AppRoute, parseAsStandardSchema } from '@ts-rest/core';

/** A request to a route of the contract, not yet put into a URL. */
export type RestParts = {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Instead of a body: a form with a file. */
  readonly form?: FormData;
};

export type RestAnswer = { readonly status: number; readonly body: unknown };

const pathOf = (route: AppRoute, { params = {}, query = {} }: RestParts): string => {
  const path = route.path.replaceAll(/:([A-Za-z]+)/g, (_all, name: string) => params[name] ?? '');
  const search = new URLSearchParams(query).toString();
  return search === '' ? path : `${path}?${search}`;
};

/** Sends it, signed in when there is a token. Writes don't wait for the read models: later reads do. */
export const sendRest = async (
  apiUrl: string,
  route: AppRoute,
  parts: RestParts,
  token?: string,
): Promise<RestAnswer> => {
  const response = await fetch(apiUrl + pathOf(route, parts), {
    method: route.method,
    headers: {
      prefer: 'respond-async',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(parts.body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(parts.form === undefined ? {} : { body: parts.form }),
    ...(parts.body === undefined ? {} : { body: JSON.stringify(parts.body) }),
  });
  return { status: response.status, body: await response.json() };
};

/** The one status of a route's success. */
export const successStatus = (route: AppRoute): number => (201 in route.responses ? 201 : 200);

/** @throws when the body is not what the contract promises for this status */
export const checkBody = async (route: AppRoute, { status, body }: RestAnswer): Promise<void> => {
  const schema = status < 400 ? parseAsStandardSchema(route.responses[status]) : errorBody;
  const checked = await schema?.['~standard'].validate(body);
  if (checked === undefined || checked.issues !== undefined) {
    throw new Error(`${route.method} ${route.path} ${status}: not the contract's body: ${JSON.stringify(body)}`);
  }
};
