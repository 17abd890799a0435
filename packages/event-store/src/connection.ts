import type { NatsConnection } from 'nats';
import { Unavailable } from './errors.ts';

export type ConnectionState = {
  readonly connected: boolean;
  /** Resolves true when connected, false when that takes longer than `timeoutMs`. */
  whenConnected(timeoutMs: number): Promise<boolean>;
  /** Calls the listener at each loss and at each return of the connection, and when the server dropped messages for us. */
  onChange(listener: (change: 'lost' | 'back' | 'dropped') => void): () => void;
};

/** Watches a connection, so that work can fail fast while it is away and be repaired when it is back. */
export const watchConnection = (nats: NatsConnection): ConnectionState => {
  const listeners = new Set<(change: 'lost' | 'back' | 'dropped') => void>();
  let connected = !nats.isClosed();
  const tell = (change: 'lost' | 'back' | 'dropped'): void => {
    for (const listener of listeners) listener(change);
  };
  const watch = async (): Promise<void> => {
    for await (const { type } of nats.status()) {
      if (type === 'disconnect') {
        connected = false;
        tell('lost');
      } else if (type === 'reconnect') {
        connected = true;
        tell('back');
      } else if (type === 'slowConsumer') tell('dropped');
    }
    connected = false;
  };
  void watch();
  const onChange = (listener: (change: 'lost' | 'back' | 'dropped') => void) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  };
  return {
    get connected() {
      return connected;
    },
    onChange,
    whenConnected: (timeoutMs) =>
      connected
        ? Promise.resolve(true)
        : new Promise((resolve) => {
            const settle = (value: boolean): void => {
              clearTimeout(timer);
              forget();
              resolve(value);
            };
            const timer = setTimeout(() => settle(false), timeoutMs);
            const forget = onChange((change) => change === 'back' && settle(true));
          }),
  };
};

/** A request waits so long for a connection that is being made anew. */
const reconnectMs = 1000;

export type Reach = <T>(what: string, work: () => Promise<T>) => Promise<T>;

/**
 * Runs requests to the server; whatever goes wrong is the server being away. Those that are under way when the connection
 * is lost fail at once: the client library would let them wait for an answer that can't come, 5 s each.
 *
 * @throws {Unavailable}
 */
export const createReach =
  (state: ConnectionState): Reach =>
  async (what, work) => {
    let forget = (): void => undefined;
    try {
      if (!(await state.whenConnected(reconnectMs))) throw new Error('not connected');
      const lost = new Promise<never>((_resolve, reject) => {
        forget = state.onChange((change) => change === 'lost' && reject(new Error('the connection was lost')));
      });
      return await Promise.race([work(), lost]);
    } catch (error) {
      throw new Unavailable(`${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    } finally {
      forget();
    }
  };
