import { setTimeout as delay } from 'node:timers/promises';
import { inParallel } from '../chat.ts';
import type { Dialect, Step } from './dialects.ts';
import { numberIn } from './marker.ts';
import { openRawSocket, type RawSocket, type RawSocketListener } from './raw-socket.ts';

/** Many sockets of one server, all in this process. */
export type Swarm = {
  readonly size: number;
  /** Lets a socket join rooms; resolves when the server has said so for all of them. */
  join(socket: number, rooms: readonly string[], since?: string): Promise<void>;
  send(socket: number, room: string, number: number): void;
  /** Is told each delivery from now on, instead of whoever was told before; those before the first call are told to nobody. */
  onDelivery(listener: (socket: number, number: number) => void): void;
  /** Sockets that the server has closed. */
  lost(): number;
  /** Those of them that were told this code. */
  closedWith(code: number): number;
  /** All sockets stop reading: what the server sends piles up at its side. */
  pause(): void;
  readOn(): void;
  close(): void;
};

const stepTimeoutMs = 60_000;

export type SwarmOptions = {
  /** So many sockets are opened side by side. */
  readonly atOnce?: number;
  /** Is told the deliveries that come during the opening, too. */
  readonly deliver?: (socket: number, number: number) => void;
  /** A connection that is refused or cut before it is open is tried so often in all; 1 when absent. */
  readonly tries?: number;
};

const retryMs = 100;

const openInTries = async (tries: number, address: string, listener: RawSocketListener): Promise<RawSocket> => {
  for (let tried = 1; ; tried++) {
    try {
      return await openRawSocket(address, listener);
    } catch (error) {
      if (tried >= tries) throw error;
      await delay(retryMs);
    }
  }
};

/** Opens sockets, some side by side, and says what the dialect wants first. @throws {Error} when a server refuses or is silent */
export const openSwarm = async (dialect: Dialect, size: number, options: SwarmOptions = {}): Promise<Swarm> => {
  const sockets: RawSocket[] = [];
  const expecting: ({ readonly until: string; resolve(): void } | undefined)[] = [];
  let { deliver = (_socket: number, _number: number): void => undefined } = options;
  const codes: (number | undefined)[] = [];
  let closing = false;

  const onFrame = (index: number, payload: Buffer): void => {
    const number = numberIn(payload);
    if (number !== undefined) return deliver(index, number);
    const { heartbeat } = dialect;
    if (
      heartbeat !== undefined &&
      payload.length === heartbeat.heard.length &&
      payload.toString() === heartbeat.heard
    ) {
      return sockets[index]?.send(heartbeat.answer);
    }
    const waiting = expecting[index];
    if (waiting === undefined || !payload.includes(waiting.until)) return;
    expecting[index] = undefined;
    waiting.resolve();
  };
  const take = async (index: number, step: Step): Promise<void> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(() => reject(new Error(`no answer to ${step.say ?? 'the connection'}`)), stepTimeoutMs);
    expecting[index] = { until: step.until, resolve };
    if (step.say !== undefined) sockets[index]?.send(step.say);
    await promise.finally(() => clearTimeout(timer));
  };

  await inParallel(
    Array.from({ length: size }, (_, index) => index),
    async (index) => {
      const steps = dialect.enter(index);
      const greeting = steps[0]?.say === undefined ? steps[0] : undefined; // may come before the socket is known here
      let greeted = Promise.resolve();
      if (greeting !== undefined) {
        const { promise, resolve } = Promise.withResolvers<void>();
        expecting[index] = { until: greeting.until, resolve };
        greeted = promise;
      }
      sockets[index] = await openInTries(options.tries ?? 1, dialect.url, {
        onFrame: (payload) => onFrame(index, payload),
        onClose: (code) => {
          if (!closing && sockets[index] !== undefined) codes.push(code); // else it never was open
        },
      });
      await greeted;
      for (const step of greeting === undefined ? steps : steps.slice(1)) await take(index, step);
    },
    options.atOnce,
  );

  return {
    size,
    join: async (socket, rooms, since) => {
      for (const room of rooms) await take(socket, dialect.join(room, since)); // a person's client would do it so
    },
    send: (socket, room, number) => sockets[socket]?.send(dialect.send(room, number)),
    onDelivery: (listener) => {
      deliver = listener;
    },
    lost: () => codes.length,
    closedWith: (code) => codes.filter((one) => one === code).length,
    pause: () => {
      for (const socket of sockets) socket.pause();
    },
    readOn: () => {
      for (const socket of sockets) socket.readOn();
    },
    close() {
      closing = true;
      for (const socket of sockets) socket.close();
    },
  };
};
