import type { NatsConnection } from 'nats';

/** @returns a question: is the connection to the log cut at the moment? Ends with the connection. */
export const watchLogConnection = (nats: NatsConnection): (() => boolean) => {
  let away = false;
  const watch = async (): Promise<void> => {
    for await (const { type } of nats.status()) {
      if (type === 'disconnect') away = true;
      if (type === 'reconnect') away = false;
    }
  };
  void watch();
  return () => away;
};
