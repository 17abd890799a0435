import { connect } from 'node:net';
import { closeCodes } from '@kuraxx/contracts';
import { array, record } from 'fast-check';
import type { World } from './placeholders.ts';
import { runCases } from './property-run.ts';
import { readRawAnswer } from './raw-answer.ts';
import { handshake, type RawFrame, rawFrame, renderRawFrame } from './raw-frame.ts';
import type { FuzzWorld } from './world.ts';

/** How connections ended: the HTTP status of a refused handshake, the code of a close frame, `cut` without one; `alive`: nothing was wrong. */
export type ProtocolFigures = { readonly frames: number; readonly ends: Record<string, number> };

/** So many connections at once. */
const lanes = 8;
const framesAConnection = 6;

type Connection = { readonly handshake: string; readonly frames: readonly RawFrame[] };

const connection = record({
  handshake,
  frames: array(rawFrame, { minLength: 1, maxLength: framesAConnection, size: 'max' }),
});

/** A frame that is not complete swallows the last ping: then our side ends after this time. */
const unansweredMs = 150;
const lastPing = Buffer.from([0x89, 0x83, 0, 0, 0, 0, 0x65, 0x6e, 0x64]);
const lastPong = Buffer.from([0x8a, 0x03, 0x65, 0x6e, 0x64]);

/**
 * Shakes hands, then sends the frames and a ping, ends our side when that is answered, and collects what comes until the other side has
 * ended too.
 */
const converse = (port: number, handshake: Buffer, frames: Buffer, timeoutMs: number): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    let came: Buffer = Buffer.alloc(0);
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const unanswered = setTimeout(() => socket.end(), unansweredMs);
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`the connection was still open after ${timeoutMs} ms`));
    }, timeoutMs);
    let isOpen = false;
    socket.on('data', (chunk: Buffer) => {
      came = Buffer.concat([came, chunk]);
      if (!isOpen && came.includes('\r\n\r\n')) {
        isOpen = true;
        socket.write(Buffer.concat([frames, lastPing]));
      }
      if (came.subarray(-lastPong.length).equals(lastPong)) socket.end();
    });
    socket.on('error', () => socket.destroy()); // a reset: it had been cut while we were still sending
    socket.on('end', () => socket.destroy());
    socket.on('close', () => {
      clearTimeout(unanswered);
      clearTimeout(timer);
      resolve(came);
    });
    socket.write(handshake);
  });

const authenticate = (world: World): Buffer => {
  const value = { type: 'authenticate', payload: { token: world.token[0] } };
  const content = { value, mutations: [], noise: [], isBinary: false, parts: 1 };
  const plain = { opcode: 1, isFinal: true, isMasked: true, reserved: 0, length: 'short', closeCode: 1000 } as const;
  return renderRawFrame({ ...plain, content, filling: 'content' }, world);
};

/** Documented, or the client's own given back (RFC 6455, 5.5.1). */
const isKnownCode = (code: number, sent: readonly RawFrame[]): boolean =>
  [1000, 1002, 1005, 1006, 1007, 1009].includes(code) ||
  Object.values(closeCodes).some((one) => one === code) ||
  sent.some(({ filling, closeCode }) => filling === 'closeCode' && closeCode === code);

/**
 * Sends bytes that are almost WebSocket, and checks that the gateway answers in WebSocket and ends each connection.
 *
 * @param options.timeoutMs each connection has ended by then
 * @throws {Error} for the first connection that doesn't go so, with what was sent
 */
export const fuzzProtocol = async (options: {
  readonly wsUrl: string;
  readonly world: FuzzWorld;
  readonly seed: number;
  readonly frames: number;
  readonly timeoutMs: number;
}): Promise<ProtocolFigures> => {
  const { wsUrl, world, seed, timeoutMs } = options;
  const port = Number(new URL(wsUrl).port);
  const ends: Record<string, number> = {};
  let frames = 0;

  const runOne = async (one: Connection): Promise<void> => {
    const rendered = one.frames.map((raw) => renderRawFrame(raw, world.current()));
    const sent = Buffer.concat([authenticate(world.current()), ...rendered]);
    frames += one.frames.length;
    try {
      const { status, closeCode, pongs } = readRawAnswer(
        await converse(port, Buffer.from(one.handshake, 'latin1'), sent, timeoutMs),
      );
      const end =
        status !== 101
          ? `HTTP ${status ?? 'cut'}`
          : closeCode === undefined
            ? pongs > 0
              ? 'alive'
              : 'cut'
            : String(closeCode);
      ends[end] = (ends[end] ?? 0) + 1;
      if (closeCode !== undefined && !isKnownCode(closeCode, one.frames)) throw new Error(`closed with ${closeCode}`);
    } catch (error) {
      const about = one.frames.map(({ content: _content, ...rest }) => JSON.stringify(rest)).join('\n        ');
      throw new Error(`${String(error)}\n  after ${JSON.stringify(one.handshake)}\n        ${about}`, { cause: error });
    }
  };
  const run = async (connections: readonly Connection[]): Promise<void> => {
    const waiting = connections.values(); // one iterator: each connection is taken once
    const work = Array.from({ length: lanes }, async () => {
      for (const one of waiting) await runOne(one);
    });
    await Promise.all(work);
  };

  const count = Math.ceil(options.frames / (framesAConnection / 2));
  const limits = { seed, count, batch: 32, roundLimitMs: 120_000 };
  await runCases('WebSocket protocol', connection, run, limits, () => world.renew());
  return { frames, ends };
};
