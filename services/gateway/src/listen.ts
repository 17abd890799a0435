import { type TemplatedApp, type us_listen_socket, us_listen_socket_close, us_socket_local_port } from 'uWebSockets.js';
import { createServer } from 'node:net';

/** The port can't be had. */
export class PortTaken extends Error {
  constructor(port: number, options?: ErrorOptions) {
    super(`port ${port} is taken: is another gateway running? Set WS_PORT to another one`, options);
    this.name = 'PortTaken';
  }
}

const isAnyHost = (host: string): boolean => host === '0.0.0.0' || host === '::' || host === '';

/**
 * uWebSockets always shares its port with other processes of its kind. Node's own listener never does: it tells whether
 * anybody is there.
 *
 * @throws {PortTaken}
 */
const probe = async (host: string, port: number): Promise<void> => {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new PortTaken(port, { cause: error })));
    server.listen(isAnyHost(host) ? { port } : { port, host }, resolve);
  });
  await new Promise<void>((resolve) => server.close(() => resolve()));
};

export type Listening = { readonly port: number; stop(): void };

/**
 * How a port is shared with other gateways of one system: not at all; as the first, for whom somebody on it is an error still; or by joining
 * those who are there.
 */
export type PortSharing = 'none' | 'first' | 'join';

/**
 * @param options.sharing where several processes listen on a port the kernel spreads the connections
 * @throws {PortTaken}
 */
export const listen = async (
  app: TemplatedApp,
  options: { readonly host: string; readonly port: number; readonly sharing: PortSharing },
): Promise<Listening> => {
  const { host, port, sharing } = options;
  if (sharing !== 'join') await probe(host, port);
  const token = await new Promise<us_listen_socket | false>((resolve) => {
    // Without a host it listens on IPv4 and IPv6; "0.0.0.0" would leave out ::1, which `localhost` may mean.
    if (isAnyHost(host)) app.listen(port, resolve);
    else app.listen(host, port, resolve);
  });
  if (token === false) throw new PortTaken(port);
  return { port: us_socket_local_port(token), stop: () => us_listen_socket_close(token) };
};
