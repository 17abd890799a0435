import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A process that connections can be given to. */
export type Backend = {
  readonly name: string;
  /** `http://host:port` or `ws://host:port`. */
  readonly url: string;
  /** Its operations port. */
  readonly operationsUrl: string;
};

/** What stands in front of processes of one kind: it passes TCP connections on, and knows no more of them than /readyz says. */
export type Balancer = {
  readonly port: number;
  /** Names of those that get new connections now. */
  ready(): string[];
  /** How many connections each has got. */
  readonly given: ReadonlyMap<string, number>;
  close(): Promise<void>;
};

/** As often as orchestrators and load balancers ask at their quickest. */
const askEveryMs = 100;

const isReady = async (operationsUrl: string): Promise<boolean> => {
  try {
    const response = await fetch(`${operationsUrl}/readyz`, { signal: AbortSignal.timeout(1_000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false; // it is down
  }
};

/**
 * Gives each new connection to the next one that is ready. A connection stays where it is until one of its ends closes it, as behind
 * any balancer of TCP: who stops has to send its clients away itself.
 */
export const startBalancer = async (backends: readonly Backend[]): Promise<Balancer> => {
  const ready = new Set<Backend>();
  const given = new Map<string, number>();
  const sockets = new Set<Socket>();
  let turn = 0;
  const ask = async (): Promise<void> => {
    await Promise.all(
      backends.map(async (backend) => {
        if (await isReady(backend.operationsUrl)) ready.add(backend);
        else ready.delete(backend);
      }),
    );
  };
  const track = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy()); // `close` follows, here and at the other end
  };
  const server = createServer((client) => {
    track(client);
    const choice = backends.filter((backend) => ready.has(backend));
    const backend = choice[turn++ % Math.max(1, choice.length)];
    if (backend === undefined) return void client.destroy();
    given.set(backend.name, (given.get(backend.name) ?? 0) + 1);
    const { hostname, port } = new URL(backend.url);
    const target = connect({ host: hostname, port: Number(port), noDelay: true });
    track(target);
    client.setNoDelay(true);
    client.pipe(target).pipe(client);
    client.on('close', () => target.destroy());
    target.on('close', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the balancer has no port');
  await ask();
  const asking = setInterval(() => void ask(), askEveryMs);
  return {
    port: address.port,
    ready: () => [...ready].map(({ name }) => name).toSorted(),
    given,
    close: async () => {
      clearInterval(asking);
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
};
