import { App } from 'uWebSockets.js';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { listen, PortTaken } from './listen.ts';

const on = { host: '127.0.0.1', port: 0, shared: false };

test('a port that anybody listens on is a clear error', async () => {
  const app = App();
  const first = await listen(app, on);
  await expect(listen(App(), { ...on, port: first.port })).rejects.toThrow(PortTaken);
  app.close();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await expect(listen(App(), { ...on, port })).rejects.toThrow(`port ${port} is taken`);
  await expect(listen(App(), { ...on, port, shared: true })).rejects.toThrow(PortTaken);
  await new Promise((resolve) => server.close(resolve));
});

test('a shared port is shared', async () => {
  const [one, two] = [App(), App()];
  const first = await listen(one, on);
  await expect(listen(two, { ...on, port: first.port, shared: true })).resolves.toMatchObject({ port: first.port });
  one.close();
  two.close();
});
