import type { NatsConnection } from 'nats';

/** Publishes JSON, at most once; on a connection that is being closed nobody is told. */
export const tell = (nats: NatsConnection, subject: string, value: object): void => {
  if (!nats.isClosed() && !nats.isDraining()) nats.publish(subject, JSON.stringify(value));
};
