import { type Msg, millis, type NatsConnection, nanos } from 'nats';
import { Unavailable } from './errors.ts';
import { inboxOf } from './inbox.ts';

const defaultExpiresMs = 10_000;
/**
 * After this share of that time a batch ends here, so that the next one is asked for before the server gives the old one up: a message that
 * comes at that moment can make it forget the batch without a word (seen with NATS 2.9 under load), and nothing would come until its silence is noticed.
 */
const renewedAfter = 0.8;
/** How often the server says that it still waits. */
export const heartbeatMs = 500;
/** Silent for so long: it has lost the consumer, or we have lost the server. */
const silenceMs = 3 * heartbeatMs;

/** Where a message lies in its stream, and which one of its consumer's it is. */
export type Delivery = { readonly sequence: number; readonly number: number; readonly storedAtMs: number };

/**
 * Reads the reply subject of a message that a consumer brings, which is the only place that says where it lies:
 * `$JS.ACK.<stream>.<consumer>.<deliveries>.<sequence>.<number>.<nanoseconds>.<pending>`, in newer servers with two more names
 * before the stream and a random one at the end (NATS ADR-15).
 *
 * @returns undefined for anything else
 */
export const parseDelivery = (reply: string): Delivery | undefined => {
  const tokens = reply.split('.');
  const first = tokens.length === 9 ? 5 : 7;
  const sequence = Number(tokens[first]);
  const number = Number(tokens[first + 1]);
  const storedAtMs = millis(Number(tokens[first + 2]));
  const isDelivery = tokens[1] === 'ACK' && sequence > 0 && number > 0 && storedAtMs > 0;
  return isDelivery ? { sequence, number, storedAtMs } : undefined;
};

/** Messages of a consumer, a batch at a time. */
export type Pull = {
  /**
   * Asks for so many messages; one batch at a time. Resolves when so many have come, when the server's time for them is nearly over (10 s), or when
   * closed, before or meanwhile. What is missing of a batch then may still come, and counts as part of the next one: so up to two batches are on
   * their way at once.
   *
   * @throws {Unavailable} when the consumer is gone or silent, or a message was lost on the way: nothing more comes, open another
   */
  next(batch: number): Promise<void>;
  /** Nothing is told from now on. The consumer stays. */
  close(): void;
};

/** The server's answers that only end a batch: nothing there, and nothing came in time. */
const endCodes = new Set([404, 408]);
const heartbeatCode = 100;

/**
 * What the library's `fetch` does, with one subscription for all batches and one coarse timer, and without an iterator, a promise and a second
 * reading of the reply subject per message, which a fifth of a projection's lag at p99 came from (ADR 41).
 *
 * @param consumer an ordered one that nobody has read from
 * @param onMessage is told each message once, in order, without a hole
 * @param expiresMs so long the server waits for what is missing of a batch
 */
export const openPull = (
  nats: Pick<NatsConnection, 'publish' | 'subscribe'>,
  consumer: { readonly stream: string; readonly name: string },
  onMessage: (message: Msg, delivery: Delivery) => void,
  expiresMs = defaultExpiresMs,
): Pull => {
  const inbox = inboxOf(nats);
  const subject = `$JS.API.CONSUMER.MSG.NEXT.${consumer.stream}.${consumer.name}`;
  let waiting: PromiseWithResolvers<void> | undefined;
  let failure: Unavailable | undefined;
  let asks = 0;
  let askedAt = 0;
  let left = 0;
  let number = 0;
  let heardAt = 0;
  let isClosed = false;

  const end = (): void => {
    waiting?.resolve();
    waiting = undefined;
  };
  const fail = (reason: string): void => {
    failure ??= new Unavailable(`${consumer.stream}: ${reason}`);
    waiting?.reject(failure);
    waiting = undefined;
  };
  const take = (message: Msg): void => {
    const delivery = parseDelivery(message.reply ?? '');
    if (delivery === undefined) return fail('something came that is no message of the consumer');
    if (delivery.number !== number + 1) return fail(`message ${number + 1} of the consumer was lost`);
    number += 1;
    left -= 1;
    try {
      onMessage(message, delivery);
    } catch (error) {
      // thrown on, it would end the reading of the whole connection
      return fail(`message ${number} of the consumer could not be taken: ${String(error)}`);
    }
    if (left === 0) end();
  };
  const takeStatus = ({ subject: reply, headers }: Msg): void => {
    const code = headers?.code ?? 0;
    if (code === heartbeatCode) return;
    if (!endCodes.has(code)) return fail(`${code} ${headers?.description ?? ''}`);
    if (reply === `${inbox}.${asks}`) end(); // else it is about one that has ended here
  };
  const subscription = nats.subscribe(`${inbox}.*`, {
    callback: (error, message) => {
      if (failure !== undefined) return;
      heardAt = performance.now();
      if (error !== null) fail(error.message);
      else if (message.subject.startsWith(`${inbox}.`)) takeStatus(message);
      else take(message);
    },
  });
  const isSilent = (): boolean => waiting !== undefined && performance.now() - heardAt > silenceMs;
  const watch = setInterval(() => {
    // what has come while this process was busy is heard first
    if (isSilent()) setImmediate(() => isSilent() && fail('the server fell silent'));
    else if (performance.now() - askedAt > expiresMs * renewedAfter) end();
  }, heartbeatMs).unref();

  return {
    next: async (batch) => {
      if (failure !== undefined) throw failure;
      if (isClosed) return undefined;
      const ask = { batch, expires: nanos(expiresMs), idle_heartbeat: nanos(heartbeatMs) };
      asks += 1;
      nats.publish(subject, JSON.stringify(ask), { reply: `${inbox}.${asks}` }); // throws on a closed connection: then nothing waits
      waiting = Promise.withResolvers();
      left = batch;
      askedAt = performance.now();
      heardAt = askedAt;
      return waiting.promise;
    },
    close: () => {
      isClosed = true;
      clearInterval(watch);
      subscription.unsubscribe();
      end();
    },
  };
};
