import { readFileSync } from 'node:fs';
import { connect, credsAuthenticator, type NatsConnection, type NodeConnectionOptions } from 'nats';
import type { Logger } from 'pino';
import type { NatsConfig } from './nats-config.ts';

/**
 * How the client library is told whom to connect to, and as whom. Answers come to inboxes below `_INBOX_<service>`: so a user can be let
 * to hear its own service's answers alone (deploy/nats).
 *
 * @param service as the server's connection list shows it, after `kuraxx-`
 */
export const natsOptions = ({ url, user, password, credsPath, tls }: NatsConfig, service: string) =>
  ({
    servers: url.split(','),
    name: `kuraxx-${service}`,
    inboxPrefix: `_INBOX_${service}`,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 500,
    // while a user's password is being changed, or a server comes up without it, refusals are no reason to give up
    ignoreAuthErrorAbort: true,
    ...(user === undefined ? {} : { user, pass: password ?? '' }),
    ...(credsPath === undefined
      ? {}
      : { authenticator: (nonce?: string) => credsAuthenticator(readFileSync(credsPath))(nonce) }),
    ...(tls === undefined ? {} : { tls: { ...tls } }),
  }) satisfies NodeConnectionOptions;

/**
 * Connects to NATS and stays connected: reconnects for ever, every second, and waits for a server that is not up yet.
 * Publishes while disconnected are lost: watch `status()` or use the event store, which fails fast.
 *
 * @param service shown in the server's connection list
 */
export const connectNats = async (config: NatsConfig, service: string, logger: Logger): Promise<NatsConnection> => {
  const connection = await connect({
    ...natsOptions(config, service),
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
    if (status.type === 'error') logger.error({ err: status.error }, 'NATS has refused something'); // a right is missing, say
  }
};
