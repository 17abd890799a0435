import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { errorBody } from '@kuraxx/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApp } from './app.fixture.ts';

const id = '11ab22cd-33ef-4a55-8b66-77cc88dd99ee';
const type = (contentType: string) => ({ 'content-type': contentType });
const asJson = type('application/json');
const asForm = type('application/x-www-form-urlencoded');
let app: Awaited<ReturnType<typeof startApp>>;

beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const create = '/rooms/create';
const tooMuch = JSON.stringify({ name: 'x'.repeat(10 * 1024 * 1024) });

type Bad = [what: string, method: string, path: string, init: object, status: number, code: string];

const bad: Bad[] = [
  ['no token', 'GET', '/rooms/list', { headers: { authorization: '' } }, 401, 'AUTH_UNAUTHORIZED'],
  ['another scheme', 'GET', '/rooms/list', { headers: { authorization: 'Basic x' } }, 401, 'AUTH_UNAUTHORIZED'],
  ['a bad token', 'GET', '/rooms/list', { headers: { authorization: 'Bearer bad' } }, 401, 'AUTH_TOKEN_INVALID'],
  ['no token and a bad id', 'GET', '/rooms/x', { headers: { authorization: '' } }, 401, 'AUTH_UNAUTHORIZED'],
  ['an id that is none', 'GET', '/rooms/x', {}, 400, 'VALIDATION_ERROR'],
  ['an escape that is cut off', 'GET', '/rooms/%', {}, 400, 'VALIDATION_ERROR'],
  ['an escape that is no UTF-8', 'GET', '/users/%ff', {}, 400, 'VALIDATION_ERROR'],
  ['U+0000 in the path', 'GET', '/users/%00', {}, 400, 'VALIDATION_ERROR'],
  ['a bad escape in the query', 'GET', '/users/search?query=%zz', {}, 400, 'VALIDATION_ERROR'],
  ['half a surrogate pair in the query', 'GET', '/users/search?query=%ED%A0%80', {}, 400, 'VALIDATION_ERROR'],
  ['U+0000 in the query', 'GET', '/users/search?query=a%00', {}, 400, 'VALIDATION_ERROR'],
  ['a parameter that comes twice', 'GET', '/rooms/list?page=1&page=2', {}, 400, 'VALIDATION_ERROR'],
  ['page 0', 'GET', '/rooms/list?page=0', {}, 400, 'VALIDATION_ERROR'],
  ['a page that is no number', 'GET', '/rooms/list?page=1e3', {}, 400, 'VALIDATION_ERROR'],
  ['too many parameters', 'GET', `/rooms/list?${'a&'.repeat(3000)}`, {}, 413, 'PAYLOAD_TOO_LARGE'],
  ['malformed JSON', 'POST', create, { body: '{"name":', headers: asJson }, 400, 'VALIDATION_ERROR'],
  ['the JSON value null', 'POST', create, { body: 'null', headers: asJson }, 400, 'VALIDATION_ERROR'],
  ['a JSON string', 'POST', create, { body: '"x"', headers: asJson }, 400, 'VALIDATION_ERROR'],
  ['a JSON number', 'POST', create, { body: '5', headers: asJson }, 400, 'VALIDATION_ERROR'],
  ['an array', 'POST', create, { body: '[]', headers: asJson }, 400, 'VALIDATION_ERROR'],
  [
    'an array where no body is needed',
    'POST',
    '/auth/logout',
    { body: '[1]', headers: asJson },
    400,
    'VALIDATION_ERROR',
  ],
  ['U+0000 in a text', 'POST', create, { body: '{"name":"a\\u0000"}', headers: asJson }, 400, 'VALIDATION_ERROR'],
  ['half a surrogate pair', 'POST', create, { body: '{"name":"\\ud800"}', headers: asJson }, 400, 'VALIDATION_ERROR'],
  ['deep nesting', 'POST', create, { body: `{"name":${'['.repeat(1e5)}`, headers: asJson }, 400, 'VALIDATION_ERROR'],
  [
    'JSON of more than 32 levels',
    'POST',
    create,
    { body: `{"name":"x","y":${'['.repeat(32)}${']'.repeat(32)}}`, headers: asJson },
    400,
    'VALIDATION_ERROR',
  ],
  [
    'JSON that is no UTF-8',
    'POST',
    create,
    { body: Buffer.from('{}', 'utf16le'), headers: type('application/json; charset=utf-16le') },
    415,
    'UNSUPPORTED_MEDIA_TYPE',
  ],
  ['a bad escape in a form', 'POST', create, { body: 'name=%zz', headers: asForm }, 400, 'VALIDATION_ERROR'],
  ['a body over 10 MB', 'POST', create, { body: tooMuch, headers: asJson }, 413, 'PAYLOAD_TOO_LARGE'],
  ['a form over 10 MB', 'POST', create, { body: tooMuch, headers: asForm }, 413, 'PAYLOAD_TOO_LARGE'],
  [
    'a small body that unpacks to more than 10 MB',
    'POST',
    create,
    { body: gzipSync(tooMuch), headers: { ...asJson, 'content-encoding': 'gzip' } },
    413,
    'PAYLOAD_TOO_LARGE',
  ],
  [
    'a body that does not unpack',
    'POST',
    create,
    { body: 'no gzip', headers: { ...asJson, 'content-encoding': 'gzip' } },
    400,
    'VALIDATION_ERROR',
  ],
  [
    'an unknown encoding',
    'POST',
    create,
    { body: '{}', headers: { ...asJson, 'content-encoding': 'zip' } },
    415,
    'UNSUPPORTED_MEDIA_TYPE',
  ],
  ['plain text', 'POST', create, { body: '{}', headers: type('text/plain') }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
  ['XML', 'POST', create, { body: '<a/>', headers: type('application/xml') }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
  [
    'an unknown charset',
    'POST',
    create,
    { body: '{}', headers: type('application/json; charset=klingon') },
    415,
    'UNSUPPORTED_MEDIA_TYPE',
  ],
  ['an unknown route', 'GET', '/nowhere?x=1', {}, 404, 'RESOURCE_NOT_FOUND'],
  ['an unknown method', 'PUT', '/rooms/list', {}, 404, 'RESOURCE_NOT_FOUND'],
];

test.each(bad)('%s (%s %s) is refused with the envelope', async (_what, method, path, init, status, code) => {
  const answer = await app.send(method, path, init);
  expect(answer).toMatchObject({ status, body: { success: false, error: { code } } });
  expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(errorBody.parse(answer.body)).toEqual(answer.body);
});

test('what is wrong is said field by field, all at once', async () => {
  const body = JSON.stringify({ email: 'x', username: 'a b', password: 5 });
  const { body: answer } = await app.send('POST', '/auth/register', { body, headers: asJson });
  expect(answer.error.message).toBe('Validation failed');
  expect(Object.keys(answer.error.details).sort()).toEqual(['email', 'password', 'username']);
});

test('JSON of 32 levels is read, of 33 is not, and the answer says why', async () => {
  const nested = (levels: number) => `{"name":"x","y":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;
  const sent = (levels: number) => app.send('POST', create, { body: nested(levels), headers: asJson });
  expect((await sent(32)).status).toBe(201);
  expect((await sent(33)).body.error.details).toEqual({ body: ['nested deeper than 32 levels'] });
});

test('path and body are judged together', async () => {
  const { body } = await app.send('POST', '/rooms/x/members', { body: '{"userId":"y"}', headers: asJson });
  expect(Object.keys(body.error.details).sort()).toEqual(['id', 'userId']);
});

test('an unknown route is named without its query', async () => {
  const { body } = await app.send('GET', '/nowhere?token=secret');
  expect(body.error.message).toBe('Route GET /nowhere not found');
});

test('a body that is cut off harms nobody', async () => {
  const socket = connect(app.port, '127.0.0.1');
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write(
    `POST ${create} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{`,
    () => socket.destroy(),
  );
  await closed;
  expect((await app.send('GET', `/rooms/${id}`)).status).toBe(200);
  expect(app.logged.join('')).not.toContain('unforeseen');
});

test.each([
  ['garbage', 'hello?\r\n\r\n', 400],
  ['no host', 'GET /stats HTTP/1.1\r\n\r\n', 400],
  ['an expectation that nobody knows', 'GET /stats HTTP/1.1\r\nHost: x\r\nExpect: cake\r\n\r\n', 417],
  ['an endless header', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`, 431],
])('what is not the HTTP that we speak gets the envelope too: %s', async (_what, sent, status) => {
  const socket = connect(app.port, '127.0.0.1');
  let received = '';
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString();
  });
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write(sent);
  await closed;
  expect(received).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(errorBody.parse(JSON.parse(received.slice(received.indexOf('{')))).error.code).toBe('VALIDATION_ERROR');
});
