import type { NatsConnection } from 'nats';
import type { Check } from './checks.ts';

/** Without NATS nothing can be sent: required everywhere. */
export const natsCheck = (nats: NatsConnection): Check => ({
  name: 'nats',
  required: true,
  run: async () => {
    if (nats.isClosed()) return 'the connection is closed';
    await nats.rtt();
    return undefined;
  },
});
