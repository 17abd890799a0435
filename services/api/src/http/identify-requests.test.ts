import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApp } from './app.fixture.ts';

let app: Awaited<ReturnType<typeof startApp>>;
beforeAll(async () => {
  app = await startApp({
    handlers: {
      stats: {
        get: async () => {
          throw new Error('a bug');
        },
      },
    },
  });
});
afterAll(() => app.close());

const ask = async (id?: string): Promise<string | null> => {
  const headers: Record<string, string> = id === undefined ? {} : { 'x-request-id': id };
  return (await app.send('GET', '/stats', { headers })).headers.get('x-request-id');
};

test('a request keeps the id that its caller gives it, in the answer and in the log', async () => {
  expect(await ask('from-the-proxy:1.2/3')).toBe('from-the-proxy:1.2/3');
  expect(app.logged.at(-1)).toContain('"requestId":"from-the-proxy:1.2/3"');
});

test.each([undefined, '', 'with a space', '"quoted"', 'x'.repeat(129)])(
  'without a usable one it gets one of its own: %j',
  async (given) => {
    const id = await ask(given);
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect(app.logged.at(-1)).toContain(`"requestId":"${id}"`);
  },
);
