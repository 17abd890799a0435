import type { Msg, MsgHdrs, NatsConnection } from 'nats';
import { parseAcknowledgement } from './acknowledgement.ts';
import type { ConnectionState } from './connection.ts';
import { PositionConflict, Unavailable } from './errors.ts';
import { inboxOf } from './inbox.ts';

/** "wrong last sequence", with and without the current one, and "wrong last msg ID". */
const conflictCodes = new Set([10071, 10164, 10070]);

/** The storage or the account is full, or the message is too large: repeating it at once would only add to the load. */
const finalCodes = new Set([10023, 10047, 10054, 10077]);

/** Not worth a retry: the server has answered and will answer the same for a while, or too much is under way already. */
export class Refused extends Unavailable {}

const errorOf = (code: number, description: string): Error => {
  if (conflictCodes.has(code)) return new PositionConflict(description);
  return finalCodes.has(code) ? new Refused(description) : new Unavailable(description);
};

/** So many messages of one publisher at once. More means that the server doesn't keep up: better to refuse than to grow. */
export const maxInFlight = 50_000;
const sweepMs = 100;

export type Acknowledged = { readonly sequence: number; readonly duplicate: boolean };
type Pending = { readonly deadline: number; resolve(ack: Acknowledged): void; reject(error: Error): void };

export type Publisher = {
  /**
   * Stores one message and resolves with its acknowledgement.
   *
   * @throws {PositionConflict} wrong last sequence
   * @throws {Refused} when the log is full, the message too large, or `maxInFlight` messages are under way
   * @throws {Unavailable} away or out of time; then it may have been stored all the same
   */
  publish(subject: string, data: Uint8Array, headers: MsgHdrs, timeoutMs: number): Promise<Acknowledged>;
  close(): void;
};

/**
 * Publishes to JetStream with one reply inbox for all messages and one coarse timer for all deadlines: the client
 * library's own publish makes a subscription, a promise chain and a timer for each message, which costs 50 to 80 µs.
 */
export const createPublisher = (nats: NatsConnection, state: ConnectionState): Publisher => {
  const inbox = inboxOf(nats);
  /** By the number at the end of the reply subject. */
  const pending = new Map<number, Pending>();
  let count = 0;

  const settle = (message: Msg): void => {
    const number = Number(message.subject.slice(inbox.length + 1));
    const waiting = pending.get(number);
    if (waiting === undefined) return; // given up already
    pending.delete(number);
    if (message.headers?.code === 503) return waiting.reject(new Unavailable('no stream answers'));
    try {
      const { seq, duplicate = false, error } = parseAcknowledgement(message.data);
      if (error !== undefined) {
        waiting.reject(errorOf(error.err_code ?? 0, error.description));
      } else if (seq === undefined) waiting.reject(new Unavailable('an acknowledgement without a sequence'));
      else waiting.resolve({ sequence: seq, duplicate });
    } catch (error) {
      waiting.reject(new Unavailable('an unreadable acknowledgement', { cause: error }));
    }
  };
  const subscription = nats.subscribe(`${inbox}.*`, {
    callback: (error, message) => {
      if (error === null) settle(message);
    },
  });

  const failAll = (reason: string): void => {
    for (const waiting of pending.values()) waiting.reject(new Unavailable(reason));
    pending.clear();
  };
  const forget = state.onChange((change) => change === 'lost' && failAll('the connection was lost'));
  const timer = setInterval(() => {
    const now = Date.now();
    for (const [number, waiting] of pending) {
      if (waiting.deadline > now) continue;
      pending.delete(number);
      waiting.reject(new Unavailable('no acknowledgement in time'));
    }
  }, sweepMs);
  timer.unref();

  return {
    publish: (subject, data, headers, timeoutMs) =>
      new Promise((resolve, reject) => {
        if (!state.connected) return reject(new Unavailable('not connected'));
        if (pending.size >= maxInFlight) return reject(new Refused('too many messages in flight'));
        const number = ++count;
        const reply = `${inbox}.${number}`;
        pending.set(number, { deadline: Date.now() + timeoutMs, resolve, reject });
        try {
          nats.publish(subject, data, { headers, reply });
        } catch (error) {
          // too large for the server, or the connection is closing
          pending.delete(number);
          reject(new Refused('not published', { cause: error }));
        }
      }),
    close: () => {
      clearInterval(timer);
      forget();
      subscription.unsubscribe();
      failAll('closed');
    },
  };
};
