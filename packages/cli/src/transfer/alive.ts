import { setTimeout as delay } from 'node:timers/promises';
import type { NatsConnection } from 'nats';

/** Projectors speak once a second, gateways every three. */
const listenMs = 3_500;

/** @returns whether a service is heard on this NATS */
export const isAnybodyAlive = async (nats: NatsConnection): Promise<boolean> => {
  let heard = false;
  const subscriptions = ['kuraxx.checkpoint.>', 'kuraxx.presence.>'].map((subject) =>
    nats.subscribe(subject, {
      callback: () => {
        heard = true;
      },
    }),
  );
  await delay(listenMs);
  for (const subscription of subscriptions) subscription.unsubscribe();
  return heard;
};
