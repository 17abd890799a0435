import {
  type FrameEncoding,
  type ServerFrame,
  type ServerFrameType,
  serverFrames,
  subprotocols,
} from '@kuraxx/contracts';
import { eventually } from '@kuraxx/testing';
import { decode, encode } from '@msgpack/msgpack';
import { WebSocket } from 'ws';
import { z } from 'zod';

const anyFrame = z.union(Object.values(serverFrames).map((frame) => frame.strict()));

export type FrameOf<T extends ServerFrameType> = Extract<ServerFrame, { type: T }>;

/** A WebSocket client that keeps what came, in order, and holds every frame to the contract. */
export type Client = {
  readonly frames: readonly ServerFrame[];
  /** The close code, undefined while open. */
  readonly closeCode: () => number | undefined;
  send(type: string, payload: unknown, requestId?: string): void;
  raw(data: string | Uint8Array): void;
  of<T extends ServerFrameType>(type: T): FrameOf<T>[];
  /** The first frame that fits, also one that came before. */
  next<T extends ServerFrameType>(
    type: T,
    fits?: (frame: FrameOf<T>) => boolean,
    timeoutMs?: number,
  ): Promise<FrameOf<T>>;
  /** Sends and waits for the answer with this request's id, an error included. */
  ask(type: string, payload: unknown): Promise<ServerFrame>;
  /** Everything that the gateway sent before now has arrived: it answers in order. */
  settled(): Promise<void>;
  closed(timeoutMs?: number): Promise<number>;
  /** Of the connection so far. */
  bytesRead(): number;
  close(): void;
  readonly socket: WebSocket;
};

let asked = 0;

export const openClient = async (
  url: string,
  options: {
    origin?: string;
    headers?: Record<string, string>;
    encoding?: FrameEncoding;
    perMessageDeflate?: boolean;
  } = {},
): Promise<Client> => {
  const { encoding, ...more } = options;
  const socket = new WebSocket(url, encoding === undefined ? [] : [subprotocols[encoding]], more);
  // Asked, not listened to: a listener for its data would take what came right behind the handshake away from the client
  let bytesRead = (): number => 0;
  socket.on('upgrade', ({ socket: connection }) => {
    bytesRead = () => connection.bytesRead;
  });
  const frames: ServerFrame[] = [];
  const problems: unknown[] = [];
  let closeCode: number | undefined;
  socket.on('message', (data: Buffer, isBinary: boolean) => {
    if (isBinary !== (encoding === 'msgpack'))
      problems.push(new Error(`a message of the wrong kind: ${data.toString()}`));
    const value: unknown = isBinary ? decode(data) : JSON.parse(data.toString());
    const parsed = anyFrame.safeParse(value);
    if (parsed.success) frames.push(parsed.data);
    else problems.push(new Error(`not a frame of the contract: ${JSON.stringify(value)}`, { cause: parsed.error }));
  });
  socket.on('close', (code) => {
    closeCode = code;
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  socket.on('error', () => socket.terminate());
  const send = (type: string, payload: unknown, requestId?: string): void =>
    socket.send(
      encoding === 'msgpack'
        ? encode({ type, payload, requestId }, { ignoreUndefined: true })
        : JSON.stringify({ type, payload, requestId }),
    );
  const of = <T extends ServerFrameType>(type: T): FrameOf<T>[] =>
    frames.filter((frame): frame is FrameOf<T> => frame.type === type);
  const find = async (fits: () => ServerFrame | undefined, what: string): Promise<ServerFrame> =>
    eventually(() => {
      if (problems.length > 0) throw problems[0];
      const found = fits();
      if (found === undefined) throw new Error(`no ${what}; came: ${JSON.stringify(frames.slice(-8))}`);
      return found;
    });
  const ask = (type: string, payload: unknown): Promise<ServerFrame> => {
    const requestId = `ask-${++asked}`;
    send(type, payload, requestId);
    return find(() => frames.find((frame) => frame.requestId === requestId), `answer to ${type}`);
  };
  return {
    frames,
    socket,
    closeCode: () => closeCode,
    send,
    raw: (data) => socket.send(data),
    of,
    next: (type, fits = () => true, timeoutMs = 20_000) =>
      eventually(
        () => {
          if (problems.length > 0) throw problems[0];
          const found = of(type).find(fits);
          if (found === undefined) throw new Error(`no ${type}; came: ${JSON.stringify(frames.slice(-8))}`);
          return found;
        },
        { timeoutMs },
      ),
    ask,
    settled: async () => void (await ask('no such event', {})),
    closed: (timeoutMs = 20_000) =>
      eventually(
        () => {
          if (closeCode === undefined) throw new Error('still open');
          return closeCode;
        },
        { timeoutMs },
      ),
    bytesRead: () => bytesRead(),
    close: () => socket.close(),
  };
};
