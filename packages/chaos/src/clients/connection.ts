import type { ServerFrame } from '@kuraxx/contracts';
import { type RawData, WebSocket } from 'ws';
import { parseFrame } from './frames.ts';

/** One WebSocket, from its opening to its end. */
export type Connection = {
  readonly isOpen: boolean;
  send(type: string, payload: unknown, requestId?: string): void;
  /** The closing handshake; or, with `drop`, none: the other side learns of it by itself. */
  close(how: 'close' | 'drop'): void;
  /** The close code, once it has ended; 0 when it never opened. */
  readonly ended: Promise<number>;
};

const openTimeoutMs = 8000;
const pingMs = 2000;
/** A peer that is silent for so long is taken for gone. */
const silenceMs = 10_000;

const textOf = (data: RawData): string =>
  (Array.isArray(data) ? Buffer.concat(data) : Buffer.isBuffer(data) ? data : Buffer.from(data)).toString();

export type ConnectionListener = {
  opened(): void;
  frame(frame: ServerFrame): void;
  /** A frame that the contract forbids. */
  forbidden(text: string): void;
};

/** Opens a WebSocket. Whatever goes wrong ends it; nothing throws. */
export const openConnection = (url: string, on: ConnectionListener): Connection => {
  const socket = new WebSocket(url, { handshakeTimeout: openTimeoutMs });
  const ended = Promise.withResolvers<number>();
  let heardAt = Date.now();
  let hasOpened = false;
  const heard = (): void => {
    heardAt = Date.now();
  };
  const beat = setInterval(() => {
    if (Date.now() - heardAt > silenceMs) socket.terminate();
    else if (socket.readyState === WebSocket.OPEN) socket.ping();
  }, pingMs);
  socket.on('open', () => {
    hasOpened = true;
    heard();
    on.opened();
  });
  socket.on('pong', heard);
  socket.on('message', (data) => {
    heard();
    const text = textOf(data);
    let frame: ServerFrame | undefined;
    try {
      frame = parseFrame(text);
    } catch {
      return on.forbidden(text);
    }
    if (frame !== undefined) on.frame(frame);
  });
  socket.on('error', () => socket.terminate()); // `close` follows
  socket.on('close', (code) => {
    clearInterval(beat);
    ended.resolve(hasOpened ? code : 0);
  });
  return {
    get isOpen() {
      return socket.readyState === WebSocket.OPEN;
    },
    send: (type, payload, requestId) => {
      if (socket.readyState !== WebSocket.OPEN) return; // the end is on its way
      socket.send(JSON.stringify({ type, payload, ...(requestId === undefined ? {} : { requestId }) }));
    },
    close: (how) => (how === 'close' ? socket.close(1000) : socket.terminate()),
    ended: ended.promise,
  };
};
