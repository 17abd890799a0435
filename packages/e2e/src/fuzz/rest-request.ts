import { gzipSync } from 'node:zlib';
import type { AppRoute } from '@ts-rest/core';
import { type Arbitrary, array, constantFrom, integer, oneof, record, string, uint8Array } from 'fast-check';
import { type Endpoint, endpoints } from '../endpoints.fixture.ts';
import { boundary, multipartOf } from './multipart.ts';
import { type BytesMutation, bytesMutation, mutateBytes } from './mutate-bytes.ts';
import { type JsonMutation, jsonMutation, mutateJson } from './mutate-json.ts';
import { fillIn, placeholder, type World } from './placeholders.ts';
import { type StrangeHeader, strangeHeaders } from './rest-headers.ts';
import { few, isTargetSafe, targetOf } from './rest-target.ts';
import { validValue } from './valid-value.ts';

type Body = {
  readonly value: unknown;
  readonly as: 'json' | 'form' | 'multipart' | 'bytes' | 'nothing';
  readonly bytes: Uint8Array;
  readonly mutations: readonly JsonMutation[];
  readonly noise: readonly BytesMutation[];
  readonly isZipped: boolean;
};

/** A request as it is generated: still with placeholders. */
export type RestRequest = {
  /** The endpoint that it was made from; undefined: from none. */
  readonly name: string | undefined;
  readonly method: string;
  readonly target: string;
  readonly host: string | undefined;
  readonly authorization: string | undefined;
  readonly headers: readonly StrangeHeader[];
  readonly respondAsync: boolean;
  readonly body: Body;
  /** `length`: right; a number: wrong by so many bytes. */
  readonly framing: 'length' | 'chunked' | 'none' | number;
  /** Over the whole message. */
  readonly noise: readonly BytesMutation[];
};

/** These end sessions or accounts: somebody else than the others' callers pays for it. */
const endsSessions = (name: string): boolean => /^auth\.(logout|changePassword)$|^users\.deleteMe$/.test(name);
/** bcrypt costs 0.3 s: mostly wrong requests, and few. */
const isCostly = (name: string): boolean => /^auth\.(register|login|changePassword)$|^users\.deleteMe$/.test(name);

const authorization = (victims: boolean): Arbitrary<string | undefined> =>
  oneof(
    {
      weight: 17,
      arbitrary: integer({ min: 0, max: 3 }).map((n) => `Bearer ${placeholder(victims ? 'victim' : 'token', n)}`),
    },
    { weight: 1, arbitrary: constantFrom(undefined) },
    { weight: 1, arbitrary: constantFrom('Bearer', 'bearer  x', `Bearer ${placeholder('refresh', 1)}`, 'Digest a=b') },
    { weight: 1, arbitrary: string({ maxLength: 20 }).map((text) => `Bearer ${text.replaceAll(/[\r\n]/g, '')}`) },
  );

const rarely = <T>(arbitrary: Arbitrary<T>, maxLength: number): Arbitrary<T[]> =>
  oneof(
    { weight: 24, arbitrary: constantFrom<T[]>([]) },
    { weight: 1, arbitrary: array(arbitrary, { minLength: 1, maxLength }) },
  );

const usualBody = (route: AppRoute): Body['as'] => {
  if (route.method === 'GET') return 'nothing';
  return 'contentType' in route && route.contentType === 'multipart/form-data' ? 'multipart' : 'json';
};

const bodyOf = ({ route, name }: Endpoint): Arbitrary<Body> =>
  record({
    value: validValue('body' in route ? route.body : undefined),
    as: oneof(
      { weight: 24, arbitrary: constantFrom(usualBody(route)) },
      { weight: 3, arbitrary: constantFrom('json', 'form', 'multipart', 'bytes', 'nothing') },
    ),
    bytes: uint8Array({ maxLength: 40 }),
    mutations: isCostly(name) ? array(jsonMutation, { minLength: 1, maxLength: 2 }) : few(jsonMutation),
    noise: rarely(bytesMutation, 2),
    isZipped: oneof({ weight: 24, arbitrary: constantFrom(false) }, constantFrom(true)),
  });

const methods = [
  'GET',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'HEAD',
  'OPTIONS',
  'TRACE',
  'PROPFIND',
  'get',
  'CONNECT',
  'X',
];

const requestTo = (endpoint: Endpoint): Arbitrary<RestRequest> =>
  record({
    name: constantFrom(endpoint.name),
    method: oneof({ weight: 24, arbitrary: constantFrom<string>(endpoint.route.method) }, constantFrom(...methods)),
    target: targetOf(endpoint.route),
    host: oneof({ weight: 60, arbitrary: constantFrom('127.0.0.1') }, constantFrom(undefined, '', 'a b', '[::1')),
    authorization: authorization(endsSessions(endpoint.name)),
    headers: strangeHeaders,
    respondAsync: constantFrom(true, false),
    body: bodyOf(endpoint),
    framing: oneof(
      { weight: 24, arbitrary: constantFrom<'length' | 'chunked'>('length', 'length', 'length', 'chunked') },
      { weight: 1, arbitrary: oneof(constantFrom('none' as const), integer({ min: -20, max: 20 })) },
    ),
    noise: rarely(bytesMutation, 3),
  });

const nowhere = [
  '/',
  '*',
  '',
  '/health',
  '/api/health',
  '/rooms',
  '/favicon.ico',
  '/api',
  '/metrics',
  '/rooms/../health',
];
const documents = ['/docs', '/docs/start.js', '/docs/../package.json', '/openapi.json', '/asyncapi.json'];
const files = ['/files/a/b/c', '/files/%00/%ff/..', placeholder('link', 0), placeholder('put', 0)];
const places = [...nowhere, ...documents, ...files, ...files];
const [anyEndpoint] = endpoints;
if (anyEndpoint === undefined) throw new Error('the contract has no endpoints');

/** Requests to every endpoint of the contract, most of them a little or very wrong, and some to nowhere. */
export const restRequest: Arbitrary<RestRequest> = oneof(
  ...endpoints.map((endpoint) => ({ weight: isCostly(endpoint.name) ? 1 : 8, arbitrary: requestTo(endpoint) })),
  {
    weight: 8,
    arbitrary: record({
      request: requestTo(anyEndpoint),
      method: constantFrom('GET', 'PUT', ...methods),
      target: constantFrom(...places),
      suffix: oneof(
        { weight: 4, arbitrary: constantFrom('') },
        constantFrom('?', '&a=b', '/', 'x', '&sig=', '&until=0'),
      ),
    }).map(
      ({ request, method, target, suffix }): RestRequest => ({
        ...request,
        name: undefined,
        method,
        target: target + suffix,
      }),
    ),
  },
);

const formOf = (value: unknown): string =>
  typeof value !== 'object' || value === null
    ? String(value)
    : Object.entries(value)
        .map(([key, one]: [string, unknown]) => `${key}=${typeof one === 'string' ? one : JSON.stringify(one)}`)
        .join('&');

const types = {
  json: 'application/json',
  form: 'application/x-www-form-urlencoded',
  multipart: `multipart/form-data; boundary=${boundary}`,
  bytes: 'application/json',
} as const;

const write = { json: (value: unknown) => JSON.stringify(value) ?? '', form: formOf, multipart: multipartOf } as const;

const renderBody = (body: Body, world: World): Uint8Array => {
  const value = body.mutations.reduce(mutateJson, body.value);
  const clear = (): Uint8Array => {
    if (body.as === 'nothing') return new Uint8Array();
    if (body.as === 'bytes') return body.bytes;
    return Buffer.from(fillIn(write[body.as](value), world));
  };
  const bytes = body.noise.reduce(mutateBytes, clear());
  return body.isZipped && bytes.length > 0 ? gzipSync(bytes, { level: 1 }) : bytes;
};

const chunked = (bytes: Uint8Array): Uint8Array =>
  bytes.length === 0
    ? Buffer.from('0\r\n\r\n')
    : Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n0\r\n\r\n')]);

/** A request as bytes. */
export type Rendered = {
  readonly bytes: Uint8Array;
  readonly isHead: boolean;
  /** It is one well-formed message: one answer must come, and the connection goes on. */
  readonly isOrderly: boolean;
};

export const renderRequest = (request: RestRequest, world: World): Rendered => {
  const { body, framing } = request;
  const content = renderBody(body, world);
  const isEmpty = body.as === 'nothing';
  const length = typeof framing === 'number' ? Math.max(0, content.length + framing) : content.length;
  const lines = [
    `${request.method} ${request.target} HTTP/1.1`,
    ...(request.host === undefined ? [] : [`Host: ${request.host}`]),
    ...(request.authorization === undefined ? [] : [`Authorization: ${request.authorization}`]),
    ...(request.respondAsync ? ['Prefer: respond-async'] : []),
    ...(body.as === 'nothing' ? [] : [`Content-Type: ${types[body.as]}`]),
    ...(body.isZipped ? ['Content-Encoding: gzip'] : []),
    ...(isEmpty || framing === 'none'
      ? []
      : [framing === 'chunked' ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`]),
    ...request.headers.map(({ line }) => line),
  ];
  const head = fillIn(`${lines.join('\r\n')}\r\n\r\n`, world);
  const framed = framing === 'chunked' && !isEmpty ? chunked(content) : content;
  const bytes = request.noise.reduce(mutateBytes, Buffer.concat([Buffer.from(head, 'latin1'), framed]));
  const isRight = isEmpty ? content.length === 0 : framing === 'length' || framing === 'chunked';
  return {
    bytes,
    isHead: request.method === 'HEAD',
    isOrderly:
      isRight &&
      request.noise.length === 0 &&
      request.host === '127.0.0.1' &&
      methods.slice(0, 9).includes(request.method) &&
      isTargetSafe(request.target) &&
      request.headers.every(({ unruly }) => !unruly),
  };
};
