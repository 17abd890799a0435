import type { NatsConnection } from 'nats';
import type { z } from 'zod';
import { hear } from './hear.ts';
import { beatMs, messages, type Person, type PresenceMessage, subjectOf } from './presence-messages.ts';

/** Some 500 kB of JSON; NATS takes 1 MB. */
const peoplePerPart = 4000;

export type PresenceAnnouncement = {
  /** The user's first socket here has authenticated. */
  online(person: Person): void;
  /** A socket has authenticated, the first or a further one. */
  authenticated(person: Person): void;
  /** The user's last socket here has gone. */
  offline(userId: string): void;
  /** All users of this gateway go offline elsewhere. */
  close(): Promise<void>;
};

/** Tells all processes which users have sockets at this gateway, and lets them notice when it dies. */
export const announcePresence = (
  nats: NatsConnection,
  { gatewayId }: { readonly gatewayId: string },
): PresenceAnnouncement => {
  const people = new Map<string, Person>();
  let counter = 0;

  const tell = <M extends PresenceMessage>(message: M, value: z.infer<(typeof messages)[M]>): void =>
    nats.isClosed() ? undefined : nats.publish(subjectOf(message), JSON.stringify(value));
  const change = (person: Person, isOnline: boolean): void => {
    counter++;
    tell('change', { gatewayId, counter, person, isOnline, at: new Date().toISOString() });
  };
  const snapshot = (): void => {
    const all = [...people.values()];
    const parts = Math.max(1, Math.ceil(all.length / peoplePerPart));
    for (let part = 0; part < parts; part++) {
      const slice = all.slice(part * peoplePerPart, (part + 1) * peoplePerPart);
      tell('snapshot', { gatewayId, counter, part, parts, people: slice });
    }
  };
  const stopAsk = hear(nats, subjectOf('ask'), messages.ask, (asked) => {
    if (asked.gatewayId === undefined || asked.gatewayId === gatewayId) snapshot();
  });
  const beat = setInterval(() => tell('beat', { gatewayId, counter }), beatMs);
  snapshot();

  return {
    online: (person) => {
      people.set(person.userId, person);
      change(person, true);
    },
    authenticated: (person) => tell('authenticated', person),
    offline: (userId) => {
      const person = people.get(userId);
      if (person === undefined) return;
      people.delete(userId);
      change(person, false);
    },
    close: async () => {
      clearInterval(beat);
      stopAsk();
      tell('gone', { gatewayId });
      if (!nats.isClosed()) await nats.flush();
    },
  };
};
