import type { NatsConnection } from 'nats';
import type { Reach } from './connection.ts';
import { Unavailable } from './errors.ts';
import type { EventLog } from './ports.ts';

/** Less than a client waits for a send. */
const timeoutMs = 4000;

const withinTime = async (work: Promise<void>): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Unavailable('catch up with what is live: no answer in time')), timeoutMs);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
};

/**
 * The server answers a PING behind everything that it has sent on the connection before, and it sends an event live before it
 * acknowledges it: so whatever was acknowledged to anybody before the call is here before the answer.
 *
 * One PING is on its way at a time. Who calls meanwhile shares the next one, which is sent after they came: the more there is to do, the more
 * goes together, and an idle process asks at once.
 */
export const createCatchUp = (nats: Pick<NatsConnection, 'flush'>, reach: Reach): EventLog['catchUp'] => {
  let asking: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const ask = async (): Promise<void> => {
    await asking?.catch(() => undefined); // they have been told
    await new Promise<void>((resolve) => setImmediate(resolve)); // all who come in this turn
    next = undefined; // a later call must not be content with a PING that was sent before it
    const asked = reach('catch up with what is live', () => nats.flush());
    asking = asked;
    try {
      await asked;
    } finally {
      if (asking === asked) asking = undefined;
    }
  };
  const begin = (): Promise<void> => {
    const begun = withinTime(ask());
    // who calls later has a time of their own
    begun.catch(() => {
      if (next === begun) next = undefined;
    });
    return begun;
  };
  return () => {
    next ??= begin();
    return next;
  };
};
