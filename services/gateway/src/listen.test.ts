import { App } from 'uWebSockets.js';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { listen, PortTaken } from './listen.ts';

const on = { host: '127.0.0.1', port: 0, shared: false };

/** A port that is free now. Not by listening on 0 with uWebSockets: the kernel doesn't share a port that it chose itself. */
const freePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
};

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
  await expect(listen(App(), { ...on, port, shared: true })).rejects.toThrow(PortTaken);
  await new Promise((resolve) => server.close(resolve));
});

test('a shared port is shared', async () => {
  const [one, two] = [App(), App()];
  const shared = { ...on, port: await freePort(), shared: true };
  await expect(listen(one, shared)).resolves.toMatchObject({ port: shared.port });
  await expect(listen(two, shared)).resolves.toMatchObject({ port: shared.port });
  one.close();
  two.close();
});
