import type { AppRoute } from '@ts-rest/core';
import { type Arbitrary, array, constantFrom, nat, oneof, record, tuple } from 'fast-check';
import { junkText } from './junk.ts';
import { type JsonMutation, jsonMutation, mutateJson } from './mutate-json.ts';
import { type Kind, long, placeholder } from './placeholders.ts';
import { validValue } from './valid-value.ts';

/** encodeURIComponent throws on half a surrogate pair: that one is written as the bytes that it would have. */
const encode = (text: string): string =>
  encodeURIComponent(text.toWellFormed() === text ? text : text.replaceAll(/\p{Cs}/gu, '')) +
  (text.toWellFormed() === text ? '' : '%ED%A0%80');

/** Bytes in a request line that end it, or make it something else than HTTP. */
const isLineSafe = (text: string): boolean => /^[!-"$-~]*$/.test(text);

const kindOf = (path: string, name: string): Kind => {
  if (name !== 'id') return name === 'fileId' ? 'file' : 'user';
  if (path.startsWith('/rooms')) return 'room';
  return path.startsWith('/users') ? 'user' : 'message';
};

const oddSegments = [
  '%',
  '%zz',
  '%00',
  '%ff',
  '%ED%A0%80',
  '%2e%2e',
  '..',
  '.',
  '',
  '*',
  '%2f',
  '\u00e9',
  "'",
  long(3000),
];

const segment = (path: string, name: string): Arbitrary<string> =>
  oneof(
    { weight: 14, arbitrary: nat(4).map((n) => placeholder(kindOf(path, name), n)) },
    { weight: 1, arbitrary: constantFrom(...oddSegments) },
    { weight: 1, arbitrary: junkText.map(encode) },
  );

const pathOf = (path: string): Arbitrary<string> => {
  const parts = path
    .split('/')
    .map((part) => (part.startsWith(':') ? segment(path, part.slice(1)) : constantFrom(part)));
  return tuple(...parts).map((all) => all.join('/'));
};

const pairsOf = (query: unknown): string[] =>
  typeof query !== 'object' || query === null
    ? []
    : Object.entries(query).flatMap(([key, value]: [string, unknown]) => {
        const values = Array.isArray(value) ? value : [value];
        return values.map(
          (one) => `${encode(key)}=${encode(typeof one === 'string' ? one : (JSON.stringify(one) ?? ''))}`,
        );
      });

const oddPairs = [
  'a',
  '=',
  '&&&',
  'page=%zz',
  'limit=%00',
  'page=1&page=2',
  'query[]=a',
  'a[b][c]=d',
  '__proto__=x',
  '?',
  `q=${long(2000)}`,
];

const mutated = (value: unknown, mutations: readonly JsonMutation[]): unknown => mutations.reduce(mutateJson, value);

const queryOf = (route: AppRoute): Arbitrary<string> =>
  tuple(
    route.query === undefined ? constantFrom({}) : validValue(route.query),
    few(jsonMutation),
    oneof({ weight: 9, arbitrary: constantFrom<string[]>([]) }, array(constantFrom(...oddPairs), { maxLength: 3 })),
  ).map(([query, mutations, odd]) => [...pairsOf(mutated(query, mutations)), ...odd].join('&'));

/** Mostly none, sometimes one or two. */
export const few = <T>(one: Arbitrary<T>): Arbitrary<T[]> =>
  oneof({ weight: 3, arbitrary: constantFrom<T[]>([]) }, { weight: 2, arbitrary: array(one, { maxLength: 2 }) });

/** The target of a request to this route, sometimes a little beside it. */
export const targetOf = (route: AppRoute): Arbitrary<string> =>
  record({
    prefix: oneof(
      { weight: 19, arbitrary: constantFrom('', '/api') },
      { weight: 1, arbitrary: constantFrom('/API', '//', '/api/api', 'http://other.example') },
    ),
    path: pathOf(route.path),
    suffix: oneof({ weight: 19, arbitrary: constantFrom('') }, constantFrom('/', '//', '/x', ';a=b', '%20', '%00')),
    query: queryOf(route),
  }).map(({ prefix, path, suffix, query }) => `${prefix}${path}${suffix}${query === '' ? '' : `?${query}`}`);

/** Whether it can stand in a request line: else the whole message is noise. */
export const isTargetSafe = (target: string): boolean => target.startsWith('/') && isLineSafe(target);
