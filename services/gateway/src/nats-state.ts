import type { NatsConnection } from 'nats';

/** Whether NATS can be reached now. Asked before each command, so that sends fail at once instead of after their timeout. */
export type NatsState = { isConnected(): boolean };

/** Watches a connection until it is closed. */
export const watchNats = (nats: NatsConnection): NatsState => {
  let connected = true;
  const watch = async (): Promise<void> => {
    for await (const { type } of nats.status()) {
      if (type === 'disconnect') connected = false;
      if (type === 'reconnect') connected = true;
    }
  };
  void watch();
  return { isConnected: () => connected && !nats.isClosed() };
};
