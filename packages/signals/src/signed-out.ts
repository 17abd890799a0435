import type { NatsConnection } from 'nats';
import { z } from 'zod';
import { hear } from './hear.ts';
import { tell } from './tell.ts';

const signedOut = z.object({ userId: z.string() });
const subject = 'kuraxx.signal.signed-out';

/** Tells all gateways that a user has ended all sessions. At most once. */
export const publishSignedOut = (nats: NatsConnection, userId: string): void => tell(nats, subject, { userId });

/** @returns how to stop */
export const followSignedOut = (nats: NatsConnection, listener: (userId: string) => void): (() => void) =>
  hear(nats, subject, signedOut, ({ userId }) => listener(userId));
