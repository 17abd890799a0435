import { parseServerFrame } from '../socket.fixture.ts';

/** What a server sent on one connection. */
export type RawAnswer = {
  /** Of the HTTP answer; undefined: none. */
  readonly status: number | undefined;
  /** Of a close frame. */
  readonly closeCode: number | undefined;
  readonly pongs: number;
};

type ServerBytes = { readonly opcode: number; readonly payload: Buffer; readonly rest: Buffer };

/** A frame of a server: final, not masked. @returns undefined while it is not whole @throws {Error} when it is neither */
const readFrame = (bytes: Buffer): ServerBytes | undefined => {
  const [first, second] = bytes;
  if (first === undefined || second === undefined) return undefined;
  if ((first & 0xf0) !== 0x80 || (second & 0x80) !== 0)
    throw new Error(`not a whole unmasked frame: ${first}, ${second}`);
  const size = second < 126 ? 0 : second === 126 ? 2 : 8;
  if (bytes.length < 2 + size) return undefined;
  const length = size === 0 ? second : size === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  const end = 2 + size + length;
  if (bytes.length < end) return undefined;
  return { opcode: first & 0x0f, payload: bytes.subarray(2 + size, end), rest: bytes.subarray(end) };
};

/**
 * Reads all that came on a connection to the gateway until it was closed.
 *
 * @throws {Error} for what is neither HTTP nor WebSocket, for a text frame that is not the contract's, and for an HTTP 5xx beside 505
 */
export const readRawAnswer = (bytes: Buffer): RawAnswer => {
  if (bytes.length === 0) return { status: undefined, closeCode: undefined, pongs: 0 };
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(bytes.toString('latin1', 0, 12))?.[1]);
  const end = bytes.indexOf('\r\n\r\n');
  if (Number.isNaN(status) || end === -1) throw new Error(`not HTTP: ${bytes.toString('latin1', 0, 200)}`);
  if (status >= 500 && status !== 505) throw new Error(`status ${status}`); // 505: another version of HTTP
  if (status !== 101) return { status, closeCode: undefined, pongs: 0 };
  let closeCode: number | undefined;
  let pongs = 0;
  for (let next = readFrame(bytes.subarray(end + 4)); next !== undefined; next = readFrame(next.rest)) {
    if (next.opcode === 1) parseServerFrame(next.payload);
    else if (next.opcode === 8) closeCode = next.payload.length >= 2 ? next.payload.readUInt16BE(0) : 1005;
    else if (next.opcode === 10) pongs++;
    else if (next.opcode !== 9) throw new Error(`a frame with opcode ${next.opcode}`);
  }
  return { status, closeCode, pongs };
};
