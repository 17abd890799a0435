import { connect } from 'node:net';

export type RawHttp = {
  /** One request after the other on one kept connection. @returns the status */
  post(path: string, headers: string, body: string): Promise<number>;
  close(): void;
};

/** Just enough of HTTP/1.1 for load: answers with a Content-Length, read without parsing their bodies. */
export const openRawHttp = async (address: string): Promise<RawHttp> => {
  const url = new URL(address);
  const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
  let heard = Buffer.alloc(0);
  let waiting: { resolve(status: number): void; reject(error: Error): void } | undefined;
  const opened = Promise.withResolvers<void>();
  socket.once('connect', () => opened.resolve());
  socket.on('error', (error) => {
    opened.reject(error);
    waiting?.reject(error);
  });
  socket.on('close', () => waiting?.reject(new Error('the server hung up')));
  socket.on('data', (chunk) => {
    heard = heard.length === 0 ? chunk : Buffer.concat([heard, chunk]);
    const end = heard.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = heard.toString('latin1', 0, end);
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
    if (heard.length < end + 4 + length) return;
    heard = heard.subarray(end + 4 + length);
    waiting?.resolve(Number(head.slice(9, 12)));
    waiting = undefined;
  });
  await opened.promise;
  return {
    post: (path, headers, body) =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        socket.write(
          `POST ${path} HTTP/1.1\r\nHost: ${url.host}\r\nContent-Type: application/json\r\n${headers}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
        );
      }),
    close: () => socket.destroy(),
  };
};
