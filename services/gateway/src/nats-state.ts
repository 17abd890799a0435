import type { NatsConnection } from 'nats';

/** Whether NATS can be reached now. Asked before each command, so that sends fail at once instead of after their timeout. */
export type NatsState = { isConnected(): boolean };

/**
 * Watches a connection until it is closed.
 *
 * @param onMissed what came at most once may have been missed: the connection was away, or the server dropped messages for us
 */
export const watchNats = (nats: NatsConnection, onMissed: () => void): NatsState => {
  let connected = true;
  const watch = async (): Promise<void> => {
    for await (const { type } of nats.status()) {
      if (type === 'disconnect') connected = false;
      if (type === 'reconnect') connected = true;
      if (type === 'reconnect' || type === 'slowConsumer') onMissed();
    }
  };
  void watch();
  return { isConnected: () => connected && !nats.isClosed() };
};
