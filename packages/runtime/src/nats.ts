import { connect, type NatsConnection } from 'nats';
import type { Logger } from 'pino';

/**
 * Connects to NATS and stays connected: reconnects for ever, every second, and waits for a server that is not up yet.
 * Publishes while disconnected are lost: watch `status()` or use the event store, which fails fast.
 *
 * @param name shown in the server's connection list
 */
export const connectNats = async (url: string, name: string, logger: Logger): Promise<NatsConnection> => {
  const connection = await connect({
    servers: url.split(','),
    name,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 500,
    reconnectJitter: 250,
    waitOnFirstConnect: true,
    pingInterval: 5_000,
    maxPingOut: 2,
  });
  void watch(connection, logger);
  return connection;
};

const watch = async (connection: NatsConnection, logger: Logger): Promise<void> => {
  for await (const status of connection.status()) {
    if (status.type === 'disconnect') logger.warn('NATS is away');
    if (status.type === 'reconnect') logger.info('NATS is back');
  }
};
