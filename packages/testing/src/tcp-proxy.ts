import { connect, createServer, type Socket } from 'node:net';

/** A TCP proxy between a client and a server, for tests of what happens when the network fails. */
export type TcpProxy = {
  readonly port: number;
  /** The target's URL with the proxy's host and port in place of the target's. */
  readonly url: string;
  /** How many connections are open now. */
  readonly connections: number;
  /** Cuts every connection (reset) and refuses new ones until `resume`: the server is away. */
  cut(): void;
  /** Keeps connections open but passes nothing on, in either direction, until `resume`: the network is stuck. */
  pause(): void;
  /** Ends `cut` and `pause`. What was held back by `pause` is passed on, in order. */
  resume(): void;
  close(): Promise<void>;
};

/** @param targetUrl any URL with a host and a port, such as the ones of `testServers()` and `freshNats()` */
export const createTcpProxy = async (targetUrl: string): Promise<TcpProxy> => {
  const target = new URL(targetUrl);
  const pairs = new Set<readonly [Socket, Socket]>();
  let mode: 'open' | 'paused' | 'cut' = 'open';

  const join = ([near, far]: readonly [Socket, Socket]): void => {
    near.pipe(far);
    far.pipe(near);
  };
  const part = ([near, far]: readonly [Socket, Socket]): void => {
    near.unpipe(far).pause();
    far.unpipe(near).pause();
  };

  const server = createServer((near) => {
    if (mode === 'cut') {
      near.resetAndDestroy();
      return;
    }
    const far = connect({ host: target.hostname, port: Number(target.port) });
    const pair = [near, far] as const;
    pairs.add(pair);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      socket.setNoDelay(true);
      socket.on('error', () => other.destroy()); // the other side learns of it by its closing
      socket.on('close', () => {
        other.destroy();
        pairs.delete(pair);
      });
    }
    if (mode === 'open') join(pair);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  const url = new URL(targetUrl);
  url.hostname = '127.0.0.1';
  url.port = String(address.port);

  const cut = (): void => {
    mode = 'cut';
    for (const [near, far] of pairs) {
      near.resetAndDestroy();
      far.destroy();
    }
  };
  return {
    port: address.port,
    url: url.href,
    get connections() {
      return pairs.size;
    },
    cut,
    pause: () => {
      mode = 'paused';
      for (const pair of pairs) part(pair);
    },
    resume: () => {
      if (mode === 'paused') for (const pair of pairs) join(pair);
      mode = 'open';
    },
    close: () => {
      cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
};
