import { connect, createServer, type Socket } from 'node:net';
import { Transform, type TransformCallback } from 'node:stream';

/** A TCP proxy between a client and a server, for tests of what happens when the network fails. */
export type TcpProxy = {
  readonly port: number;
  /** The target's URL with the proxy's host and port in place of the target's. */
  readonly url: string;
  /** How many connections are open now. */
  readonly connections: number;
  /** Cuts every connection (reset) and refuses new ones until `resume`: the server is away. */
  cut(): void;
  /** Keeps connections open but passes nothing on, in either direction, until `resume`: the network is stuck. */
  pause(): void;
  /** From now on whatever comes is passed on so much later, in either direction, in order, until `resume`. */
  slow(delayMs: number): void;
  /** Ends `cut`, `pause` and `slow`. What was held back by `pause` is passed on, in order. */
  resume(): void;
  close(): Promise<void>;
};

/** So many bytes are on their way in one direction at most; then the sender has to wait. */
const maxDelayedBytes = 1024 * 1024;

/** Passes chunks on `delayMs()` after they came, in order. */
class DelayLine extends Transform {
  readonly #delayMs: () => number;
  readonly #underWay: { readonly chunk: Buffer; readonly dueMs: number }[] = [];
  #bytes = 0;
  #whenRoom: (() => void) | undefined;
  #whenEmpty: (() => void) | undefined;

  constructor(delayMs: () => number) {
    super();
    this.#delayMs = delayMs;
  }

  get isEmpty(): boolean {
    return this.#underWay.length === 0;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const delayMs = this.#delayMs();
    if (delayMs === 0 && this.isEmpty) {
      done(null, chunk);
      return;
    }
    this.#underWay.push({ chunk, dueMs: Date.now() + delayMs });
    this.#bytes += chunk.length;
    if (this.#underWay.length === 1) this.#wait();
    if (this.#bytes < maxDelayedBytes) done();
    else this.#whenRoom = done;
  }

  override _flush(done: TransformCallback): void {
    if (this.isEmpty) done();
    else this.#whenEmpty = done;
  }

  /** One timer, for the first in line: those of several may fire in another order. */
  #wait(): void {
    const [first] = this.#underWay;
    if (first !== undefined) setTimeout(() => this.#arrive(), Math.max(0, first.dueMs - Date.now()));
  }

  #arrive(): void {
    const first = this.#underWay.shift();
    if (first === undefined || this.destroyed) return;
    this.push(first.chunk);
    this.#bytes -= first.chunk.length;
    const next = this.#whenRoom;
    this.#whenRoom = undefined;
    next?.();
    if (this.isEmpty) this.#whenEmpty?.();
    else this.#wait();
  }
}

type Pair = { readonly near: Socket; readonly far: Socket; readonly there: DelayLine; readonly back: DelayLine };

/** @param targetUrl any URL with a host and a port, such as the ones of `testServers()` and `freshNats()` */
export const createTcpProxy = async (targetUrl: string): Promise<TcpProxy> => {
  const target = new URL(targetUrl);
  const pairs = new Set<Pair>();
  let mode: 'open' | 'paused' | 'cut' = 'open';
  let delayMs = 0;

  const join = ({ near, far, there, back }: Pair): void => {
    near.pipe(there);
    far.pipe(back);
  };
  const part = ({ near, far, there, back }: Pair): void => {
    near.unpipe(there).pause();
    far.unpipe(back).pause();
  };

  const server = createServer((near) => {
    if (mode === 'cut') {
      near.resetAndDestroy();
      return;
    }
    const far = connect({ host: target.hostname, port: Number(target.port) });
    const pair: Pair = { near, far, there: new DelayLine(() => delayMs), back: new DelayLine(() => delayMs) };
    pair.there.pipe(far);
    pair.back.pipe(near);
    pairs.add(pair);
    for (const [socket, other, line] of [
      [near, far, pair.there],
      [far, near, pair.back],
    ] as const) {
      socket.setNoDelay(true);
      socket.on('error', () => other.destroy()); // the other side learns of it by its closing
      socket.on('close', () => {
        if (near.destroyed && far.destroyed) pairs.delete(pair);
        if (line.isEmpty) other.destroy();
        else line.end(); // what is on its way arrives first
      });
    }
    if (mode === 'open') join(pair);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  const url = new URL(targetUrl);
  url.hostname = '127.0.0.1';
  url.port = String(address.port);

  const cut = (): void => {
    mode = 'cut';
    for (const { near, far } of pairs) {
      near.resetAndDestroy();
      far.destroy();
    }
  };
  return {
    port: address.port,
    url: url.href,
    get connections() {
      return pairs.size;
    },
    cut,
    pause: () => {
      mode = 'paused';
      for (const pair of pairs) part(pair);
    },
    slow: (ms) => {
      delayMs = ms;
    },
    resume: () => {
      if (mode === 'paused') for (const pair of pairs) join(pair);
      mode = 'open';
      delayMs = 0;
    },
    close: () => {
      cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
};
