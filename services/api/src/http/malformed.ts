import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ErrorBody } from '@kuraxx/contracts';

const statusOf: Readonly<Record<string, number>> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 };

/**
 * How long a client that was told of its mistake may go on sending before it is cut: as long as nginx waits by
 * default for more of what it throws away (`lingering_timeout`).
 */
const lingerAtMostMs = 5_000;

export const contentType = 'application/json; charset=utf-8';

/** The error envelope of what never reached a route. */
export const envelopeOf = (status: number): string => {
  const message = STATUS_CODES[status] ?? 'Bad Request';
  return JSON.stringify({ success: false, error: { code: 'VALIDATION_ERROR', message } } satisfies ErrorBody);
};

/**
 * What is no HTTP never reaches express: it gets the envelope here, and its connection is ended.
 *
 * The parser reports its error again with each further piece the client sends. Those are thrown away: to destroy a
 * socket with unread bytes resets the connection, and a reset takes the answer from a client that is still sending.
 */
export const answersToMalformed = (
  lingerMs = lingerAtMostMs,
): ((error: Error & { code?: string }, socket: Duplex) => void) => {
  const answered = new WeakSet<Duplex>();
  return (error, socket) => {
    if (answered.has(socket)) return;
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    answered.add(socket);
    const cut = setTimeout(() => socket.destroy(), lingerMs);
    socket.once('close', () => clearTimeout(cut));
    const status = statusOf[error.code ?? ''] ?? 400;
    const text = envelopeOf(status);
    socket.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: ${contentType}\r\n` +
        `Content-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`,
    );
  };
};
