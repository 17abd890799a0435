import type { NatsConnection } from 'nats';
import { z } from 'zod';
import { openStore } from './store.ts';

const reservation = z.object({ userId: z.string(), at: z.string() });
/** How often the password was changed before: see `RegisteredAccount`. Older entries have none. */
const passwordVersion = z.int().default(0);
const credentials = z.object({ email: z.string(), passwordHash: z.string(), passwordVersion });
const session = z.object({
  /** SHA-256 of the secret that is valid now, base64url. */
  secretHash: z.string(),
  /** When it was last traded for a new one: ISO 8601. */
  rotatedAt: z.string(),
  expiresAt: z.string(),
  /** Of the password that it was opened with: once that is changed, the session is worth nothing. */
  passwordVersion,
});
/** Something that takes several steps has begun, and must come to its end whatever happens to who has begun it. */
const unfinished = z.object({ at: z.string() });

export type Reservation = z.infer<typeof reservation>;
export type Credentials = z.infer<typeof credentials>;
export type Session = z.infer<typeof session>;

/** What must be deletable, and so never gets into the log. */
export const openStores = async (nats: NatsConnection, replicas: number) => {
  const [names, byUser, sessions, passcodes, begun] = await Promise.all([
    openStore(nats, 'KURAXX_NAMES', reservation, replicas),
    openStore(nats, 'KURAXX_CREDENTIALS', credentials, replicas),
    openStore(nats, 'KURAXX_SESSIONS', session, replicas),
    openStore(nats, 'KURAXX_PASSCODES', z.object({ hash: z.string() }), replicas),
    openStore(nats, 'KURAXX_UNFINISHED', unfinished, replicas),
  ]);
  return { names, credentials: byUser, sessions, passcodes, unfinished: begun };
};

export type Stores = Awaited<ReturnType<typeof openStores>>;
