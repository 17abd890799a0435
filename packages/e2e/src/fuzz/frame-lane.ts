import { isDeepStrictEqual } from 'node:util';
import { msgpack } from '@kuraxx/client/msgpack';
import { type FrameEncoding, type ServerFrame, subprotocols } from '@kuraxx/contracts';
import { WebSocket } from 'ws';
import { parseServerFrame } from '../socket.fixture.ts';

/** The server has closed the socket. */
export class SocketClosed extends Error {
  readonly code: number;
  /** The frames that came before that, and were not told of yet. */
  readonly came: readonly ServerFrame[];

  constructor(code: number, came: readonly ServerFrame[]) {
    super(`the socket was closed with ${code}`);
    this.name = 'SocketClosed';
    this.code = code;
    this.came = came;
  }
}

const jsonIn = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return undefined;
  }
};

/** The same message as MessagePack; undefined for what isn't JSON, or can't be said in MessagePack (half a surrogate, say). */
const packed = (bytes: Uint8Array): Uint8Array | undefined => {
  const value = jsonIn(bytes);
  if (value === undefined) return undefined;
  try {
    const made = msgpack.encode(value);
    return made !== undefined && isDeepStrictEqual(msgpack.decode(made), value) ? made : undefined;
  } catch {
    return undefined;
  }
};

/** One socket on which generated frames are sent. */
export type FrameLane = {
  /** Sends a message, in so many parts; on a MessagePack socket as MessagePack, where it can. */
  send(bytes: Uint8Array, isBinary: boolean, parts: number): void;
  /**
   * Waits until everything sent before has been handled: frames of a socket are handled in order, and so the answer to one that is not known
   * comes last. `late` are the requestIds of those that are handled beside the others.
   *
   * @returns the frames that came since the last call, without that answer
   * @throws {SocketClosed} @throws {Error} when it takes longer than `timeoutMs`, or a frame is not the contract's
   */
  settle(timeoutMs: number, late?: readonly string[]): Promise<readonly ServerFrame[]>;
  close(): void;
};

export const openFrameLane = async (wsUrl: string, encoding: FrameEncoding): Promise<FrameLane> => {
  const ws = new WebSocket(wsUrl, [subprotocols[encoding]], { perMessageDeflate: false });
  let frames: ServerFrame[] = [];
  let failure: Error | undefined;
  let fences = 0;
  let onChange: (() => void) | undefined;
  const fail = (error: Error): void => {
    failure ??= error;
    onChange?.();
  };
  ws.on('message', (data, isBinary) => {
    try {
      frames.push(parseServerFrame(data, isBinary ? (bytes) => msgpack.decode(bytes) : undefined));
      onChange?.();
    } catch (error) {
      fail(new Error(String(error), { cause: error }));
    }
  });
  ws.on('close', (code) => fail(new SocketClosed(code, frames)));
  await new Promise<void>((resolve, reject) => {
    ws.once('open', resolve);
    ws.once('error', reject);
  });
  ws.on('error', fail);

  /** Resolves when each of these requestIds has been answered. */
  const answered = (requestIds: readonly string[], timeoutMs: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const done = (settle: () => void): void => {
        clearTimeout(timer);
        onChange = undefined;
        settle();
      };
      const check = (): void => {
        if (failure !== undefined) return done(() => reject(failure));
        const came = new Set(frames.map(({ requestId }) => requestId));
        if (requestIds.every((requestId) => came.has(requestId))) done(resolve);
      };
      const timer = setTimeout(() => done(() => reject(new Error(`no answer within ${timeoutMs} ms`))), timeoutMs);
      onChange = check;
      check();
    });

  return {
    send(json, asBinary, parts) {
      const made = encoding === 'msgpack' ? packed(json) : undefined;
      // What MessagePack can't say goes as text, and what is no JSON either as it is
      const isText = !asBinary || (encoding === 'msgpack' && jsonIn(json) !== undefined);
      const isBinary = made !== undefined || !isText;
      // A text that isn't UTF-8 would rightly end the connection: it goes as the gateway reads the same bytes of a binary frame
      const bytes = made ?? (isText ? Buffer.from(Buffer.from(json).toString()) : json);
      const size = Math.ceil(bytes.length / parts);
      for (let part = 0; part < parts; part++) {
        const chunk = bytes.subarray(part * size, (part + 1) * size);
        ws.send(chunk, { binary: isBinary, fin: part === parts - 1 });
      }
    },
    async settle(timeoutMs, late = []) {
      const fence = `fence-${++fences}`;
      ws.send(JSON.stringify({ type: 'no:such:frame', requestId: fence }));
      await answered([fence, ...late], timeoutMs);
      const came = frames.filter(({ requestId }) => requestId !== fence);
      frames = [];
      return came;
    },
    close: () => ws.close(),
  };
};
