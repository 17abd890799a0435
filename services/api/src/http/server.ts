import { createServer } from 'node:http';
import type { Express } from 'express';

/** Requests under way get this long to finish when the server stops. */
const finishWithinMs = 10_000;

export type HttpServer = {
  readonly port: number;
  /** Takes no new requests, lets those under way finish, cuts what is left after 10 s. */
  close(): Promise<void>;
};

/** Listens on `port` (0: any free one) of all addresses. Rejects when it is taken. */
export const listen = (app: Express, port: number): Promise<HttpServer> =>
  new Promise((resolve, reject) => {
    const server = createServer(app);
    server.once('error', reject);
    server.listen(port, () => {
      const address = server.address();
      if (address === null || typeof address === 'string') return reject(new Error('the server has no port'));
      resolve({
        port: address.port,
        close: () =>
          new Promise((closed) => {
            const cut = setTimeout(() => server.closeAllConnections(), finishWithinMs);
            // a kept-alive connection turns idle when its last request is answered: look again
            const sweep = setInterval(() => server.closeIdleConnections(), 50);
            server.close(() => {
              clearTimeout(cut);
              clearInterval(sweep);
              closed();
            });
          }),
      });
    });
  });
