import { type ServerFrame, type ServerFrameType, serverFrames } from '@kuraxx/contracts';
import { type RawData, WebSocket } from 'ws';
import { z } from 'zod';

const isServerFrameType = (type: string): type is ServerFrameType => Object.hasOwn(serverFrames, type);
const typed = z.looseObject({ type: z.string().refine(isServerFrameType) });

/** Every frame that arrives must fit the contract. @param decode for what is not JSON as text @throws {Error} when it doesn't */
export const parseServerFrame = (data: RawData, decode?: (bytes: Uint8Array) => unknown): ServerFrame => {
  const bytes = bytesOf(data);
  try {
    const frame = typed.parse(decode === undefined ? JSON.parse(bytes.toString()) : decode(bytes));
    return serverFrames[frame.type].parse(frame);
  } catch (cause) {
    throw new Error(`not a frame of the contract: ${bytes.toString()}`, { cause });
  }
};

/** A message in whichever form `ws` hands it over. */
const bytesOf = (data: RawData): Buffer =>
  Array.isArray(data) ? Buffer.concat(data) : Buffer.isBuffer(data) ? data : Buffer.from(data);

export type FrameOf<T extends ServerFrameType> = Extract<ServerFrame, { type: T }>;

export type Socket = {
  readonly frames: ServerFrame[];
  /** The close code, once closed. */
  readonly closed: Promise<number>;
  send(type: string, payload: unknown, requestId?: string): void;
  sendRaw(data: string | Uint8Array): void;
  /** The first frame of a type that fits, also one that has come already; fails after `timeoutMs` (default 10 s). */
  next<T extends ServerFrameType>(
    type: T,
    fits?: (frame: FrameOf<T>) => boolean,
    timeoutMs?: number,
  ): Promise<FrameOf<T>>;
  close(): void;
};

/** Opens a WebSocket. */
export const openSocket = async (wsUrl: string, headers: Record<string, string> = {}): Promise<Socket> => {
  const ws = new WebSocket(wsUrl, { headers });
  const frames: ServerFrame[] = [];
  const waiting = new Set<() => void>();
  let broken: unknown;
  ws.on('message', (data) => {
    try {
      frames.push(parseServerFrame(data));
    } catch (error) {
      broken = error;
    }
    for (const check of waiting) check();
  });
  const closed = new Promise<number>((resolve) => ws.on('close', resolve));
  await new Promise<void>((resolve, reject) => {
    ws.once('open', resolve);
    ws.once('error', reject);
  });
  ws.on('error', () => ws.terminate());
  return {
    frames,
    closed,
    send: (type, payload, requestId) => ws.send(JSON.stringify({ type, payload, requestId })),
    sendRaw: (data) => ws.send(data),
    next: (type, fits = () => true, timeoutMs = 20_000) =>
      new Promise((resolve, reject) => {
        type Wanted = FrameOf<typeof type>;
        const isWanted = (frame: ServerFrame): frame is Wanted => frame.type === type;
        const done = (settle: () => void) => {
          clearTimeout(timer);
          waiting.delete(check);
          settle();
        };
        const check = () => {
          if (broken !== undefined) return done(() => reject(broken));
          const found = frames.filter(isWanted).find(fits);
          if (found !== undefined) done(() => resolve(found));
        };
        const timer = setTimeout(() => {
          const seen = frames.map((frame) => frame.type).join(', ');
          done(() => reject(new Error(`no fitting ${type} within ${timeoutMs} ms; came: ${seen}`)));
        }, timeoutMs);
        waiting.add(check);
        check();
      }),
    close: () => ws.close(),
  };
};

/** Opens a WebSocket, authenticates it and joins `rooms`. */
export const openSignedIn = async (wsUrl: string, token: string, ...rooms: string[]): Promise<Socket> => {
  const socket = await openSocket(wsUrl);
  socket.send('authenticate', { token });
  await socket.next('authenticated');
  for (const roomId of rooms) {
    socket.send('room:join', { roomId }, `join-${roomId}`);
    await socket.next('room:join', (frame) => frame.requestId === `join-${roomId}`);
  }
  return socket;
};
