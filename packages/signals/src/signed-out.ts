import { setTimeout as delay } from 'node:timers/promises';
import type { NatsConnection } from 'nats';
import { z } from 'zod';
import { hear } from './hear.ts';
import { tell } from './tell.ts';

const signedOut = z.object({
  userId: z.string(),
  /** Absent: all of them, those that are yet to come included. */
  sessionIds: z.array(z.string()).optional(),
});

/** Sessions of a user have ended: sockets that were signed in by them are to be closed. */
export type SignedOut = Readonly<z.infer<typeof signedOut>>;

const subject = 'kuraxx.signal.signed-out';
const confirmMs = 1000;
const retryMs = 200;
/** Longer than any restart of NATS. What is lost after all ends with its access token. */
const giveUpMs = 60_000;

/** @returns whether the server has all that was published before */
const confirmed = async (nats: NatsConnection): Promise<boolean> => {
  const late = new AbortController();
  const flushed = nats.flush().then(
    () => true,
    () => false,
  );
  try {
    return await Promise.race([flushed, delay(confirmMs, false, { signal: late.signal, ref: false })]);
  } finally {
    late.abort();
  }
};

/**
 * Tells all gateways that are connected. Resolves once the server has it; says it again, for a minute at most, as long as
 * our own connection is away. It may come more than once.
 */
export const publishSignedOut = async (nats: NatsConnection, what: SignedOut): Promise<void> => {
  const untilMs = Date.now() + giveUpMs;
  while (!nats.isClosed() && !nats.isDraining() && Date.now() < untilMs) {
    tell(nats, subject, what);
    if (await confirmed(nats)) return;
    await delay(retryMs, undefined, { ref: false });
  }
};

/** @returns how to stop. Who was away has missed what came meanwhile, and must look at the sessions themself. */
export const followSignedOut = (nats: NatsConnection, listener: (what: SignedOut) => void): (() => void) =>
  hear(nats, subject, signedOut, listener);
