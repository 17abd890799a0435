import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { connect, credsAuthenticator, type NatsConnection, type NodeConnectionOptions } from 'nats';
import type { Logger } from 'pino';
import type { NatsConfig } from './nats-config.ts';
import type { NatsLink } from './nats-link.ts';

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

/** Between attempts to connect for the first time; afterwards the library makes them. */
const againMs = 750;

/** What can't be read would end the library's attempt without a word. */
const checkCredentials = ({ credsPath }: NatsConfig): void => {
  if (credsPath !== undefined) credsAuthenticator(readFileSync(credsPath))('nonce');
};

/**
 * Connects to NATS and stays connected: reconnects for ever, every second, and waits for a server that is not up yet, or refuses us. `link` is told why.
 * Publishes while disconnected are lost: watch `status()` or use the event store, which fails fast.
 *
 * @param service shown in the server's connection list
 * @throws {TypeError} when `url` is none
 */
export const connectNats = async (
  config: NatsConfig,
  service: string,
  link: NatsLink,
  logger: Logger,
): Promise<NatsConnection> => {
  for (;;) {
    try {
      checkCredentials(config);
      const connection = await connect({
        ...natsOptions(config, service),
        reconnectJitter: 250,
        pingInterval: 5_000,
        maxPingOut: 2,
      });
      link.connected(connection);
      void watch(connection, link, logger);
      return connection;
    } catch (error) {
      if (error instanceof TypeError) throw error;
      link.failed(error);
      await delay(againMs);
    }
  }
};

const watch = async (connection: NatsConnection, link: NatsLink, logger: Logger): Promise<void> => {
  for await (const status of connection.status()) {
    if (status.type === 'disconnect') {
      link.lost();
      logger.warn('NATS is away');
    }
    if (status.type === 'reconnect') {
      link.connected(connection);
      logger.info('NATS is back');
    }
    if (status.type !== 'error') continue;
    if (link.trouble() === undefined)
      logger.error({ err: status.error }, 'NATS has refused something'); // a right is missing, say
    else link.failed(status.error);
  }
};
