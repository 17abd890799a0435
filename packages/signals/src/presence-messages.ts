import { z } from 'zod';

export const person = z.object({ userId: z.string(), username: z.string() });
export type Person = z.infer<typeof person>;

/** Each gateway counts its changes: who hears a counter that doesn't follow the last one has missed something, and asks. */
const counted = { gatewayId: z.string(), counter: z.int() };

export const messages = {
  /** A user's first socket at this gateway has come, or the last one has gone. */
  change: z.object({ ...counted, person, isOnline: z.boolean(), at: z.string() }),
  /** The gateway lives. */
  beat: z.object(counted),
  /** All its users, in parts that fit into a NATS message. */
  snapshot: z.object({ ...counted, part: z.int(), parts: z.int(), people: z.array(person) }),
  /** The gateway stops in good order. Its users count as online for `lingerMs` more: time to come back by another gateway. */
  gone: z.object({ gatewayId: z.string(), lingerMs: z.int().min(0).max(60_000).default(0) }),
  /** Every gateway, or the one that is named, is to send its snapshot. */
  ask: z.object({ gatewayId: z.string().optional() }),
  /** A socket has authenticated, be it the user's first or not. */
  authenticated: person,
} as const;

export type PresenceMessage = keyof typeof messages;

export const subjectOf = (message: PresenceMessage): string => `kuraxx.presence.${message}`;

/** How often a gateway says that it lives. */
export const beatMs = 3000;
/** A gateway that is silent for so long counts as dead: within 15 s its users are offline. */
export const silenceMs = 10_000;
