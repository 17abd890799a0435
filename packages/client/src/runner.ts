import type { ServerFrame } from '@kuraxx/contracts';
import type { Core } from './core/core.ts';
import type { CoreEvent } from './core/events.ts';
import type { Input, Outgoing } from './core/io.ts';
import type { Send } from './core/outbox.ts';
import type { FrameCodec } from './frame-codec.ts';

/** What is needed of a WebSocket: the browsers', Node's (22 and newer) and that of the package `ws` have it. */
export type Socket = {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  /** What binary messages come as. */
  binaryType: string;
  /** The subprotocol that the server has chosen, empty without one. */
  readonly protocol: string;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number): void;
};

export type SocketMaker = new (url: string, protocols?: string[]) => Socket;

export type RunnerNeeds = {
  readonly core: Core;
  readonly open: () => Socket;
  /** For binary messages; without it there are none. */
  readonly frames: FrameCodec | undefined;
  /** @returns the access token, undefined when the session is over; rejects when that can't be told now */
  readonly token: (renew: boolean) => Promise<string | undefined>;
  readonly tell: (event: CoreEvent) => void;
  readonly keep: (send: Send) => void;
  readonly drop: (tempId: string) => void;
};

/** Carries out what the core wants: the socket, the clock and chance are here, decisions are not. */
export type Runner = {
  readonly input: (input: Input) => void;
  /** Nothing happens any more. */
  readonly stop: () => void;
};

/** The gateway keeps its frames to the contract; what is not even a frame is not looked at further. */
const isFrame = (value: unknown): value is ServerFrame =>
  typeof value === 'object' &&
  value !== null &&
  'type' in value &&
  'payload' in value &&
  typeof value.payload === 'object' &&
  value.payload !== null;

const parse = (data: unknown, codec: FrameCodec | undefined): ServerFrame | undefined => {
  try {
    const isPacked = codec !== undefined && data instanceof ArrayBuffer;
    const value: unknown = isPacked ? codec.decode(new Uint8Array(data)) : JSON.parse(String(data));
    return isFrame(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

const maxTimerMs = 2 ** 31 - 1;

export const createRunner = (needs: RunnerNeeds): Runner => {
  const { core, frames } = needs;
  const waiting: Input[] = [];
  let isRunning = false;
  let isStopped = false;
  let socket: Socket | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const forget = (): void => {
    const old = socket;
    socket = undefined;
    if (old === undefined) return;
    old.onopen = old.onmessage = old.onclose = null;
    old.onerror = () => undefined; // `ws` throws errors that nobody hears
    old.close(1000);
  };

  const open = (): void => {
    const mine = needs.open();
    socket = mine;
    mine.binaryType = 'arraybuffer';
    mine.onopen = () => input({ type: 'opened' });
    mine.onmessage = ({ data }: { data: unknown }) => {
      const frame = parse(data, frames);
      if (frame !== undefined) input({ type: 'frame', frame });
    };
    mine.onclose = ({ code }: { code: number }) => {
      socket = undefined;
      input({ type: 'closed', code });
    };
    mine.onerror = () => undefined; // `close` follows and says all that is known
  };

  /** As the server has agreed to: one that knows JSON alone gets JSON. */
  const encode = (frame: Outgoing, to: Socket): string | Uint8Array<ArrayBuffer> =>
    (frames !== undefined && to.protocol === frames.protocol ? frames.encode(frame) : undefined) ??
    JSON.stringify(frame);

  const run = (one: Input): void => {
    for (const effect of core.handle(one, { nowMs: Date.now(), random: Math.random })) {
      switch (effect.type) {
        case 'open':
          open();
          break;
        case 'close':
          forget();
          break;
        case 'transmit':
          socket?.send(encode(effect.frame, socket));
          break;
        case 'token':
          needs.token(effect.renew).then(
            (token) => input(token === undefined ? { type: 'no-token', ended: true } : { type: 'token', token }),
            () => input({ type: 'no-token', ended: false }),
          );
          break;
        case 'keep':
          needs.keep(effect.send);
          break;
        case 'drop':
          needs.drop(effect.tempId);
          break;
        case 'tell':
          needs.tell(effect.event);
          break;
      }
    }
  };

  /** One input at a time: a listener that sends a message is heard when the effects before it are done. */
  const input = (one: Input): void => {
    waiting.push(one);
    if (isRunning || isStopped) return;
    isRunning = true;
    try {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) run(next);
    } finally {
      isRunning = false;
    }
    clearTimeout(timer);
    const atMs = core.wakeAtMs();
    if (atMs === undefined) return;
    timer = setTimeout(() => input({ type: 'wake' }), Math.min(maxTimerMs, Math.max(0, atMs - Date.now())));
  };

  return {
    input,
    stop() {
      isStopped = true;
      clearTimeout(timer);
      forget();
    },
  };
};
