import { connect, type Socket } from 'node:net';

/**
 * A WebSocket client of so little work that it isn't what is measured: one read buffer for all sockets, frame headers are
 * scanned, payloads are handed on as a view of the buffer. It reads what a server sends unmasked and unfragmented.
 */
export type RawSocket = {
  /** Sends one text frame. */
  send(text: string): void;
  /** Sends bytes made by `encodeFrame`, so that many sockets share them. */
  write(frame: Buffer): void;
  /** Stops reading: what the server sends piles up at its side. */
  pause(): void;
  readOn(): void;
  close(): void;
};

export type RawSocketListener = {
  /** A data frame; `payload` is valid until this returns. */
  onFrame(payload: Buffer): void;
  /** The connection is over; with the server's close code when it said one. */
  onClose(code: number | undefined): void;
};

const opcodes = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;
const readBuffer = Buffer.allocUnsafe(256 * 1024);
const maxHeaderBytes = 10;

/** One masked frame as a client sends it. The mask is zero: fixed bytes can be shared, and the server unmasks all the same. */
export const encodeFrame = (payload: string | Buffer, opcode: number = opcodes.text): Buffer => {
  const body = typeof payload === 'string' ? Buffer.from(payload) : payload;
  const lengthBytes = body.length < 126 ? 0 : body.length < 65_536 ? 2 : 8;
  const frame = Buffer.alloc(2 + lengthBytes + 4 + body.length);
  frame[0] = 0x80 | opcode;
  frame[1] = 0x80 | (lengthBytes === 0 ? body.length : lengthBytes === 2 ? 126 : 127);
  if (lengthBytes === 2) frame.writeUInt16BE(body.length, 2);
  if (lengthBytes === 8) frame.writeBigUInt64BE(BigInt(body.length), 2);
  body.copy(frame, 2 + lengthBytes + 4);
  return frame;
};

/** Reads whole frames from the front. @returns how many bytes they took */
export const scanFrames = (bytes: Buffer, onFrame: (opcode: number, payload: Buffer) => void): number => {
  let at = 0;
  while (bytes.length - at >= 2) {
    const first = bytes[at] ?? 0;
    const short = (bytes[at + 1] ?? 0) & 0x7f;
    const header = short < 126 ? 2 : short === 126 ? 4 : maxHeaderBytes;
    if (bytes.length - at < header) break;
    const length =
      short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
    if (bytes.length - at < header + length) break;
    onFrame(first & 0x0f, bytes.subarray(at + header, at + header + length));
    at += header + length;
  }
  return at;
};

/** The upgrade's key may be any: nobody here checks the server's answer to it. */
const upgradeRequest = (url: URL): string =>
  `GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n';

/** @throws {Error} when the connection or the upgrade is refused */
export const openRawSocket = (address: string, listener: RawSocketListener): Promise<RawSocket> => {
  const url = new URL(address);
  const { promise, resolve, reject } = Promise.withResolvers<RawSocket>();
  let rest: Buffer = Buffer.alloc(0);
  let isOpen = false;
  let code: number | undefined;

  const onFrame = (opcode: number, payload: Buffer): void => {
    if (opcode === opcodes.text || opcode === opcodes.binary) listener.onFrame(payload);
    else if (opcode === opcodes.ping) socket.write(encodeFrame(Buffer.from(payload), opcodes.pong));
    else if (opcode === opcodes.close) {
      code = payload.length >= 2 ? payload.readUInt16BE(0) : undefined;
      socket.end(encodeFrame(Buffer.from(payload.subarray(0, 2)), opcodes.close));
    }
  };
  const onBytes = (bytes: Buffer): void => {
    let all = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    if (!isOpen) {
      const end = all.indexOf('\r\n\r\n');
      if (end < 0) {
        rest = Buffer.from(all);
        return;
      }
      const status = all.subarray(0, 12).toString();
      if (status !== 'HTTP/1.1 101') {
        socket.destroy();
        reject(new Error(`the upgrade was refused: ${status}`));
        return;
      }
      isOpen = true;
      all = all.subarray(end + 4);
      resolve(raw);
    }
    const used = scanFrames(all, onFrame);
    rest = used === all.length ? Buffer.alloc(0) : Buffer.from(all.subarray(used));
  };
  const socket: Socket = connect({
    host: url.hostname,
    port: Number(url.port),
    noDelay: true,
    onread: {
      buffer: readBuffer,
      callback: (count) => {
        onBytes(readBuffer.subarray(0, count));
        return true;
      },
    },
  });
  const raw: RawSocket = {
    send: (text) => void socket.write(encodeFrame(text)),
    write: (frame) => void socket.write(frame),
    pause: () => void socket.pause(),
    readOn: () => void socket.resume(),
    close: () => void socket.destroy(),
  };
  socket.once('connect', () => socket.write(upgradeRequest(url)));
  socket.on('error', reject); // after the opening, the close below tells
  socket.once('close', () => {
    reject(new Error('closed before the upgrade'));
    listener.onClose(code);
  });
  return promise;
};
