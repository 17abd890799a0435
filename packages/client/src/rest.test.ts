import type { Message, Room } from '@kuraxx/contracts';
import { expect, expectTypeOf, test } from 'vitest';
import { createRest, type Rest } from './rest.ts';

type Asked = { readonly url: string; readonly method: string; readonly token: string | null; readonly body: unknown };

/** A client whose calls are answered by `answer`. */
const restOf = (answer: (asked: Asked, count: number) => Response | Promise<Response>) => {
  const asked: Asked[] = [];
  const send: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    const isForm = init?.body instanceof FormData;
    const text = isForm ? '' : await request.text();
    asked.push({
      url: request.url,
      method: request.method,
      token: request.headers.get('authorization'),
      body: isForm ? init.body : text === '' ? undefined : JSON.parse(text),
    });
    return answer(asked.at(-1)!, asked.length);
  };
  const stale: (string | undefined)[] = [];
  const rest = createRest('http://api', send, async (old) => {
    stale.push(old);
    return old === undefined ? 'first' : 'second';
  });
  return { rest, asked, stale };
};
const ok = (data: object, more: object = {}): Response => Response.json({ success: true, data, ...more });
const failure = (status: number, code: string, headers = {}): Response =>
  Response.json(
    { success: false, error: { code, message: 'no', details: { name: ['too long'] } } },
    { status, headers },
  );

test('a call goes where the contract says, with path, query, body and token', async () => {
  const { rest, asked } = restOf(() => ok({}));
  await rest.rooms.changeRole({ params: { id: 'a/b', userId: 'u' }, body: { role: 'ADMIN' } });
  await rest.messages.history({ query: { roomId: 'r 1', limit: 5 } });
  await rest.rooms.leave({ params: { id: 'r' } });
  expect(asked).toEqual([
    { url: 'http://api/rooms/a%2Fb/members/u', method: 'PATCH', token: 'Bearer first', body: { role: 'ADMIN' } },
    { url: 'http://api/messages/history?roomId=r+1&limit=5', method: 'GET', token: 'Bearer first', body: undefined },
    { url: 'http://api/rooms/r/leave', method: 'POST', token: 'Bearer first', body: {} },
  ]);
});

test('a list comes with its meta, and what gives a token needs none', async () => {
  const meta = { page: 1, limit: 20, total: 0, totalPages: 0 };
  const { rest, asked } = restOf(() => ok({ rooms: [] }, { meta }));
  expect(await rest.rooms.list()).toEqual({ rooms: [], meta });
  await rest.auth.login({ body: { email: 'a', password: 'b' } });
  expect(asked.map(({ token }) => token)).toEqual(['Bearer first', null]);
});

test('an expired token is renewed and the call made again, once', async () => {
  const { rest, asked, stale } = restOf(({ token }) =>
    token === 'Bearer first' ? failure(401, 'AUTH_TOKEN_EXPIRED') : ok({ user: {} }),
  );
  await rest.auth.me();
  expect(asked.map(({ token }) => token)).toEqual(['Bearer first', 'Bearer second']);
  expect(stale).toEqual([undefined, 'first']);
  const never = restOf(() => failure(401, 'AUTH_TOKEN_EXPIRED'));
  await expect(never.rest.auth.me()).rejects.toMatchObject({ code: 'AUTH_TOKEN_EXPIRED' });
  expect(never.asked).toHaveLength(2);
});

test('a refusal is an ApiError with all that the server says', async () => {
  const { rest } = restOf(() => failure(429, 'RATE_LIMITED', { 'retry-after': '7' }));
  await expect(rest.stats.get()).rejects.toMatchObject({
    name: 'ApiError',
    status: 429,
    code: 'RATE_LIMITED',
    message: 'no',
    details: { name: ['too long'] },
    retryAfterMs: 7_000,
  });
  const page = restOf(() => new Response('<h1>Bad gateway</h1>', { status: 502 }));
  await expect(page.rest.stats.get()).rejects.toMatchObject({ name: 'ApiError', status: 502, code: 'UNKNOWN' });
});

test('no answer, half an answer and one that comes too late are Unreachable; an abort stays an abort', async () => {
  const away = restOf(() => Promise.reject(new TypeError('fetch failed')));
  await expect(away.rest.stats.get()).rejects.toMatchObject({ name: 'Unreachable' });
  const half = restOf(() => new Response('{"success":true,"da'));
  await expect(half.rest.stats.get()).rejects.toMatchObject({ name: 'Unreachable' });
  const hanging: typeof fetch = (_input, init) =>
    new Promise((_resolve, reject) => {
      const give = (): void => reject(init?.signal?.reason);
      if (init?.signal?.aborted) give();
      init?.signal?.addEventListener('abort', give);
    });
  const rest = createRest('http://api', hanging, async () => 't');
  await expect(rest.stats.get(undefined, { timeoutMs: 20 })).rejects.toMatchObject({ name: 'Unreachable' });
  const abort = new AbortController();
  const call = rest.stats.get(undefined, { signal: abort.signal });
  abort.abort();
  await expect(call).rejects.toMatchObject({ name: 'AbortError' });
});

test('a file goes out in a form', async () => {
  const { rest, asked } = restOf(() => ok({ file: {} }));
  await rest.upload.file({ body: { file: new File(['ahoy'], 'log.txt'), purpose: 'message' } });
  const [{ body } = { body: undefined }] = asked;
  expect(body).toBeInstanceOf(FormData);
  if (body instanceof FormData) expect([...body.keys()]).toEqual(['file', 'purpose']);
});

test('calls are typed by the contract', () => {
  type Created = Awaited<ReturnType<Rest['rooms']['create']>>;
  expectTypeOf<Created['room']>().toEqualTypeOf<Room>();
  expectTypeOf<Awaited<ReturnType<Rest['messages']['history']>>['messages']>().toEqualTypeOf<Message[]>();
  expectTypeOf<Awaited<ReturnType<Rest['rooms']['list']>>['meta']['total']>().toEqualTypeOf<number>();
  expectTypeOf<[]>().toExtend<Parameters<Rest['rooms']['list']>>();
  expectTypeOf<[{ body: {} }]>().toExtend<Parameters<Rest['rooms']['create']>>();
  expectTypeOf<[{ body: { type: 'PRIVATE' } }]>().toExtend<Parameters<Rest['rooms']['create']>>();
  expectTypeOf<[{ body: { type: 'SECRET' } }]>().not.toExtend<Parameters<Rest['rooms']['create']>>();
  expectTypeOf<[{ body: { email: string; password: string } }]>().toExtend<Parameters<Rest['auth']['login']>>();
  expectTypeOf<[{ body: { email: string } }]>().not.toExtend<Parameters<Rest['auth']['login']>>();
  expectTypeOf<[{ params: { id: string } }]>().toExtend<Parameters<Rest['rooms']['get']>>();
  expectTypeOf<[]>().not.toExtend<Parameters<Rest['rooms']['get']>>();
});
