import { createServer, type RequestListener } from 'node:http';
import type { Express } from 'express';
import { answersToMalformed, contentType, envelopeOf } from './malformed.ts';

/**
 * A connection without a request is kept for so long: longer than proxies do (nginx and most clouds' 60 s), or the end of one meets a request that
 * has just been sent on it, which fails. Node's own 5 s are too short also for a busy client that looks at its clock late.
 */
const keepAliveTimeout = 65_000;
/** Requests under way get this long to finish when the server stops. */
const finishWithinMs = 10_000;

export type HttpServer = {
  readonly port: number;
  /** Takes no new requests, lets those under way finish, cuts what is left after 10 s. */
  close(): Promise<void>;
};

/** What Node would answer by itself, without a body: the envelope instead. */
const answerPlainly =
  (status: number): RequestListener =>
  (_request, response) => {
    const text = envelopeOf(status);
    const length = String(Buffer.byteLength(text));
    response
      .writeHead(status, { 'Content-Type': contentType, 'Content-Length': length, Connection: 'close' })
      .end(text);
  };

/** HTTP/1.1 requires a Host header. */
const withHost =
  (app: RequestListener): RequestListener =>
  (request, response) => {
    const isMissing = request.httpVersion === '1.1' && request.headers.host === undefined;
    return isMissing ? answerPlainly(400)(request, response) : app(request, response);
  };

/** While the service stops every answer is the last one on its connection: the client's next request goes to another process. */
const withGoodbye =
  (app: RequestListener, isStopping: () => boolean): RequestListener =>
  (request, response) => {
    if (isStopping()) response.shouldKeepAlive = false; // says `Connection: close`
    app(request, response);
  };

/**
 * Listens on `port` (0: any free one) of all addresses. Rejects when it is taken.
 *
 * @param isStopping from when on clients are sent away, which is before `close`
 */
export const listen = (app: Express, port: number, isStopping = (): boolean => false): Promise<HttpServer> =>
  new Promise((resolve, reject) => {
    const server = createServer({ requireHostHeader: false, keepAliveTimeout }, withGoodbye(withHost(app), isStopping));
    server.once('error', reject);
    server.on('checkExpectation', answerPlainly(417));
    server.on('clientError', answersToMalformed());
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
