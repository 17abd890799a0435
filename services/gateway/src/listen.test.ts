import { App } from 'uWebSockets.js';
import { createServer } from 'node:net';
import { freePort } from '@kuraxx/testing';
import { expect, test } from 'vitest';
import { listen, PortTaken } from './listen.ts';

const on = { host: '127.0.0.1', port: 0, sharing: 'none' } as const;

test('a port on which another gateway listens is a clear error', async () => {
  const app = App();
  const { port } = await listen(app, on);
  await expect(listen(App(), { ...on, port })).rejects.toThrow(PortTaken);
  app.close();
});

test('a port on which anybody else listens is a clear error, also where it is to be shared', async () => {
  const port = await freePort();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  await expect(listen(App(), { ...on, port })).rejects.toThrow(`port ${port} is taken`);
  await expect(listen(App(), { ...on, port, sharing: 'join' })).rejects.toThrow(PortTaken);
  await new Promise((resolve) => server.close(resolve));
});

test('a port is shared with those who join, and is a clear error for the first of another system', async () => {
  const [one, two] = [App(), App()];
  const port = await freePort();
  await expect(listen(one, { ...on, port, sharing: 'first' })).resolves.toMatchObject({ port });
  await expect(listen(two, { ...on, port, sharing: 'join' })).resolves.toMatchObject({ port });
  await expect(listen(App(), { ...on, port, sharing: 'first' })).rejects.toThrow(PortTaken);
  one.close();
  two.close();
});
