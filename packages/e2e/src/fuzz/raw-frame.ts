import { maxFrameBytes } from '@kuraxx/contracts';
import { type Arbitrary, boolean, constantFrom, integer, oneof, record } from 'fast-check';
import { type Frame, frame, renderFrame } from './frame.ts';
import type { World } from './placeholders.ts';

/** A WebSocket frame as no client library would write it. */
export type RawFrame = {
  readonly content: Frame;
  /** `long`: more than a frame may hold; `bad`: no UTF-8. */
  readonly filling: 'content' | 'empty' | 'bad' | 'long' | 'closeCode';
  readonly opcode: number;
  readonly isFinal: boolean;
  readonly isMasked: boolean;
  /** The three reserved bits. */
  readonly reserved: number;
  /** How the length is written: as short as it can be, as 16 or 64 bits, or a wrong one. */
  readonly length: 'short' | '16' | '64' | 'more' | 'less' | 'huge' | 'negative';
  readonly closeCode: number;
};

/** @param weight of the usual one against all others together */
const usually = <T>(weight: number, usual: T, ...others: readonly T[]): Arbitrary<T> =>
  oneof({ weight, arbitrary: constantFrom(usual) }, { weight: 1, arbitrary: constantFrom(...others) });

export const rawFrame: Arbitrary<RawFrame> = record({
  content: frame,
  filling: usually<RawFrame['filling']>(8, 'content', 'empty', 'bad', 'long', 'closeCode'),
  opcode: usually(12, 1, 0, 1, 2, 3, 7, 8, 9, 10, 11, 15),
  isFinal: usually(12, true, false),
  isMasked: usually(12, true, false),
  reserved: usually(12, 0, 1, 2, 4, 7),
  length: usually(12, 'short', '16', '64', 'more', 'less', 'huge', 'negative'),
  closeCode: oneof(
    constantFrom(0, 999, 1000, 1001, 1004, 1005, 1006, 1015, 4999, 65535),
    integer({ min: 0, max: 65535 }),
  ),
});

const fill = (one: RawFrame, world: World): Buffer => {
  switch (one.filling) {
    case 'content':
      return renderFrame(one.content, world).bytes;
    case 'empty':
      return Buffer.alloc(0);
    case 'bad':
      return Buffer.from([0x7b, 0xff, 0xc0, 0xaf, 0xed, 0xa0, 0x80]);
    case 'long':
      return Buffer.alloc(maxFrameBytes + 1 + (one.closeCode % 5000), 0x20);
    case 'closeCode':
      return Buffer.from([one.closeCode >> 8, one.closeCode & 0xff, 0x62, 0x79, 0x65]);
  }
};

const longLengths = { huge: 2n ** 40n, negative: 2n ** 63n + 5n } as const;

const writeLength = (kind: RawFrame['length'], size: number): { first: number; rest: Buffer } => {
  const as16 = (value: number): { first: number; rest: Buffer } => {
    const rest = Buffer.alloc(2);
    rest.writeUInt16BE(Math.max(0, Math.min(65_535, value)));
    return { first: 126, rest };
  };
  const as64 = (value: bigint): { first: number; rest: Buffer } => {
    const rest = Buffer.alloc(8);
    rest.writeBigUInt64BE(value);
    return { first: 127, rest };
  };
  switch (kind) {
    case 'short':
      if (size < 126) return { first: size, rest: Buffer.alloc(0) };
      return size < 65_536 ? as16(size) : as64(BigInt(size));
    case '16':
      return as16(size);
    case '64':
      return as64(BigInt(size));
    case 'more':
      return as16(size + 9);
    case 'less':
      return as16(size - 3);
    case 'huge':
    case 'negative':
      return as64(longLengths[kind]);
  }
};

const mask = Buffer.from([0x11, 0x22, 0x33, 0x44]);

/** The bytes of a raw frame. */
export const renderRawFrame = (one: RawFrame, world: World): Buffer => {
  const payload = fill(one, world);
  const { first, rest } = writeLength(one.length, payload.length);
  const head = Buffer.from([
    (one.isFinal ? 0x80 : 0) | (one.reserved << 4) | one.opcode,
    (one.isMasked ? 0x80 : 0) | first,
  ]);
  if (!one.isMasked) return Buffer.concat([head, rest, payload]);
  const masked = payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return Buffer.concat([head, rest, mask, masked]);
};

/** A handshake, mostly a good one. */
export const handshake: Arbitrary<string> = record({
  method: usually(40, 'GET', 'POST', 'get', 'CONNECT', 'X'),
  target: usually(40, '/', '', '*', '/health', '/%zz', `/${'x'.repeat(5000)}`, 'ws://x/'),
  version: usually(40, 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTP/1.1', ''),
  key: usually(
    40,
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Key: ',
    'Sec-WebSocket-Key: \u00ff',
    'X: y',
  ),
  more: usually(
    40,
    '',
    'Sec-WebSocket-Protocol: a, b\r\n',
    'Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover=x\r\n',
    'Origin: http://evil.example\r\n',
    'Origin: null\r\n',
    'Content-Length: 10\r\n',
    'Transfer-Encoding: chunked\r\n',
    `X: ${'y'.repeat(9000)}\r\n`,
    'no colon\r\n',
  ),
  upgrade: usually(40, 'Upgrade: websocket\r\nConnection: Upgrade\r\n', 'Upgrade: h2c\r\n', ''),
  ends: oneof({ weight: 19, arbitrary: constantFrom(true) }, boolean()),
}).map(
  ({ method, target, version, key, more, upgrade, ends }) =>
    `${method} ${target} ${version}\r\nHost: x\r\n${upgrade}Sec-WebSocket-Version: 13\r\n${key}\r\n${more}${ends ? '\r\n' : ''}`,
);
