import type { NatsConnection } from 'nats';
import { z } from 'zod';
import { openStore } from './store.ts';

const reservation = z.object({ userId: z.string(), at: z.string() });
const credentials = z.object({ email: z.string(), passwordHash: z.string() });
const session = z.object({
  /** SHA-256 of the secret that is valid now, base64url. */
  secretHash: z.string(),
  /** When it was last traded for a new one: ISO 8601. */
  rotatedAt: z.string(),
  expiresAt: z.string(),
});

export type Reservation = z.infer<typeof reservation>;
export type Credentials = z.infer<typeof credentials>;
export type Session = z.infer<typeof session>;

/** What must be deletable, and so never gets into the log. */
export const openStores = async (nats: NatsConnection, replicas: number) => {
  const [names, byUser, sessions, passcodes] = await Promise.all([
    openStore(nats, 'KURAXX_NAMES', reservation, replicas),
    openStore(nats, 'KURAXX_CREDENTIALS', credentials, replicas),
    openStore(nats, 'KURAXX_SESSIONS', session, replicas),
    openStore(nats, 'KURAXX_PASSCODES', z.object({ hash: z.string() }), replicas),
  ]);
  return { names, credentials: byUser, sessions, passcodes };
};

export type Stores = Awaited<ReturnType<typeof openStores>>;
