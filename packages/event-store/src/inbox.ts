import { NatsConnectionImpl } from '@nats-io/nats-core/internal';
import { createInbox, type NatsConnection } from 'nats';

/**
 * A new subject for answers to this connection, below the only place where its user may hear any: each service has one of its own. Without such
 * a prefix the library's default.
 */
export const inboxOf = (nats: Pick<NatsConnection, 'publish'>): string =>
  createInbox(nats instanceof NatsConnectionImpl ? nats.options.inboxPrefix : undefined);
