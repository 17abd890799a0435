import { type Arbitrary, array, constantFrom, nat, oneof } from 'fast-check';
import { long, placeholder } from './placeholders.ts';

/**
 * A header beside the usual ones. `unruly` ones may change where the message ends: then the connection is closed after it, and
 * any number of answers is right.
 */
export type StrangeHeader = { readonly line: string; readonly unruly: boolean };

const tame = [
  'Content-Type: text/plain',
  'Content-Type: application/json; charset=utf-16',
  'Content-Type: application/json; charset=klingon',
  'Content-Type: application/json;;;=',
  'Content-Type: multipart/form-data',
  'Content-Type: multipart/form-data; boundary=',
  'Content-Type: multipart/form-data; boundary=x',
  'Content-Type: application/x-www-form-urlencoded',
  'Content-Type: ',
  'Content-Type: */*',
  'Content-Encoding: gzip',
  'Content-Encoding: deflate',
  'Content-Encoding: br',
  'Content-Encoding: zip',
  'Content-Encoding: identity, gzip',
  'Accept: image/png;q=2',
  'Accept-Encoding: gzip, \u00ff',
  'Accept-Language: *',
  'Authorization: Bearer',
  'Authorization: Basic YTpi',
  'Authorization: Bearer a.b.c',
  `Authorization: Bearer ${placeholder('refresh', 0)}`,
  'Authorization: Bearer \u00e9',
  'Cookie: a=b; __proto__=c',
  `Cookie: ${long(4000)}`,
  'Expect: 100-continue',
  'If-Match: *',
  'If-Modified-Since: yesterday',
  'If-None-Match: *',
  'Origin: null',
  'Origin: http://evil.example',
  'Origin: http://localhost:3000',
  'Access-Control-Request-Method: TRACE',
  'Prefer: respond-async, respond-async;q=x',
  'Prefer: ,,,',
  'Range: bytes=0-0,-1',
  'X-Forwarded-For: \u0001, ::1, 999.999.999.999',
  'X-Forwarded-Proto: gopher',
  'X-HTTP-Method-Override: DELETE',
  '__proto__: polluted',
  'traceparent: 00-ffffffffffffffffffffffffffffffff-ffffffffffffffff-ff',
  'Idempotency-Key: \u00ff',
];

const unruly = [
  'Content-Length: 0',
  'Content-Length: -1',
  'Content-Length: 5, 5',
  'Content-Length: 99999999999999999999',
  'Content-Length: 0x10',
  'Transfer-Encoding: gzip',
  'Transfer-Encoding: chunked, chunked',
  'Transfer-Encoding: identity',
  'Connection: close',
  'Connection: Upgrade',
  'Connection: keep-alive, Upgrade, HTTP2-Settings',
  'Upgrade: websocket',
  'Upgrade: h2c',
  'Expect: something else',
  'Host: evil.example',
  'Host: ',
  ': no name',
  'no colon',
  ' folded: line',
  'na me: x',
  'x: a\u0000b',
  'x: a\rb',
  `x: ${long(20_000)}`,
];

const repeated: Arbitrary<StrangeHeader> = nat(200).map((count) => ({
  line: Array.from({ length: count + 1 }, (_, index) => `x-${index}: ${index}`).join('\r\n'),
  unruly: true,
}));

const strangeHeader: Arbitrary<StrangeHeader> = oneof(
  { weight: 12, arbitrary: constantFrom(...tame.map((line) => ({ line, unruly: false }))) },
  { weight: 5, arbitrary: constantFrom(...unruly.map((line) => ({ line, unruly: true }))) },
  { weight: 1, arbitrary: repeated },
);

/** Mostly none. */
export const strangeHeaders: Arbitrary<StrangeHeader[]> = oneof(
  { weight: 5, arbitrary: constantFrom<StrangeHeader[]>([]) },
  { weight: 2, arbitrary: array(strangeHeader, { minLength: 1, maxLength: 3 }) },
);
