import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { eventually } from '@kuraxx/testing';

/** A WebSocket client by hand on a bare TCP socket: it can stop reading, which clients of libraries never quite do. */
export type RawSocket = {
  /** The texts that came so far. */
  readonly texts: string[];
  /** Of the close frame, undefined before it. */
  closeCode(): number | undefined;
  isGone(): boolean;
  send(type: string, payload: unknown): void;
  /** Sends a frame with this first byte. */
  write(first: number, payload: Buffer): void;
  /** Waits for a text that contains this. */
  until(part: string): Promise<void>;
  stopReading(): void;
  readOn(): void;
  destroy(): void;
};

const handshake = (host: string, extensions: string): string =>
  [
    'GET / HTTP/1.1',
    `Host: ${host}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version: 13',
    ...(extensions === '' ? [] : [`Sec-WebSocket-Extensions: ${extensions}`]),
    '\r\n',
  ].join('\r\n');

/** A frame, masked with zeros. */
const masked = (first: number, payload: Buffer): Buffer => {
  const size =
    payload.length < 126
      ? Buffer.from([0x80 | payload.length])
      : Buffer.from([0x80 | 126, payload.length >> 8, payload.length & 0xff]);
  return Buffer.concat([Buffer.from([first]), size, Buffer.alloc(4), payload]);
};

/** @returns the first frame and what follows it, undefined while it is not whole */
const firstFrame = (data: Buffer): { opcode: number; payload: Buffer; rest: Buffer } | undefined => {
  if (data.length < 2) return undefined;
  const short = (data[1] ?? 0) & 0x7f;
  const header = short === 127 ? 10 : short === 126 ? 4 : 2;
  if (data.length < header) return undefined;
  const length = short === 127 ? Number(data.readBigUInt64BE(2)) : short === 126 ? data.readUInt16BE(2) : short;
  if (data.length < header + length) return undefined;
  return {
    opcode: (data[0] ?? 0) & 0x0f,
    payload: data.subarray(header, header + length),
    rest: data.subarray(header + length),
  };
};

export const openRawSocket = async (url: string, extensions = ''): Promise<RawSocket> => {
  const { hostname, port, host } = new URL(url);
  const socket: Socket = connect(Number(port), hostname);
  const texts: string[] = [];
  let unread: Buffer = Buffer.alloc(0);
  let closeCode: number | undefined;
  let isGone = false;
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    isGone = true;
  });
  await once(socket, 'connect');
  socket.write(handshake(host, extensions));
  await once(socket, 'data'); // the server says nothing before it is spoken to: this is the answer to the handshake
  socket.on('data', (chunk: Buffer) => {
    unread = unread.length === 0 ? chunk : Buffer.concat([unread, chunk]);
    for (let frame = firstFrame(unread); frame !== undefined; frame = firstFrame(unread)) {
      unread = frame.rest;
      if (frame.opcode === 1) texts.push(frame.payload.toString());
      else if (frame.opcode === 8) closeCode = frame.payload.readUInt16BE(0);
    }
  });
  return {
    texts,
    closeCode: () => closeCode,
    isGone: () => isGone,
    send: (type, payload) => void socket.write(masked(0x81, Buffer.from(JSON.stringify({ type, payload })))),
    write: (first, payload) => void socket.write(masked(first, payload)),
    until: (part) =>
      eventually(() => {
        if (!texts.some((text) => text.includes(part))) throw new Error(`no text with ${part}`);
      }),
    stopReading: () => void socket.pause(),
    readOn: () => void socket.resume(),
    destroy: () => void socket.destroy(),
  };
};
