import type { NatsConnection } from 'nats';

/** A log that doesn't answer a ping in this time counts as away. */
const pingTimeoutMs = 1_000;

/**
 * @returns a question: is the log away at the moment, cut off or silent? Answered within a second, never rejects. A cut
 * is known from the connection; silence (a stuck network, a stopped server) only from asking.
 */
export const watchLogConnection = (nats: NatsConnection): (() => Promise<boolean>) => {
  let cut = false;
  const watch = async (): Promise<void> => {
    for await (const { type } of nats.status()) {
      if (type === 'disconnect') cut = true;
      if (type === 'reconnect') cut = false;
    }
  };
  void watch();

  const isSilent = async (): Promise<boolean> => {
    let timer: NodeJS.Timeout | undefined;
    // A process that was too busy to look has its timers run before it reads: an answer that has come must still count
    const silence = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => setImmediate(() => setImmediate(() => resolve(true))), pingTimeoutMs);
    });
    const answered = nats.rtt().then(
      () => false,
      () => true,
    );
    return await Promise.race([answered, silence]).finally(() => clearTimeout(timer));
  };
  return async () => cut || (await isSilent());
};
