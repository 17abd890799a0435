import type { NatsConnection } from 'nats';
import type { z } from 'zod';
import { hear } from './hear.ts';
import { beatMs, messages, type Person, type PresenceMessage, subjectOf } from './presence-messages.ts';
import { tell } from './tell.ts';

/** Some 500 kB of JSON; NATS takes 1 MB. */
const peoplePerPart = 4000;
/** After an outage everybody asks at once: one snapshot answers them all. */
const answerDelayMs = 50;

export type PresenceAnnouncement = {
  /** The user's first socket here has authenticated. */
  online(person: Person): void;
  /** A socket has authenticated, the first or a further one. */
  authenticated(person: Person): void;
  /** The user's last socket here has gone. */
  offline(userId: string): void;
  /**
   * All users of this gateway go offline elsewhere, save those who have come to another gateway by then.
   *
   * @param lingerMs how long they have time for that; 60 s at most, none by default
   */
  close(options?: { readonly lingerMs?: number }): Promise<void>;
};

/** Tells all processes which users have sockets at this gateway, and lets them notice when it dies. */
export const announcePresence = (
  nats: NatsConnection,
  { gatewayId }: { readonly gatewayId: string },
): PresenceAnnouncement => {
  const people = new Map<string, Person>();
  let counter = 0;

  let answering: NodeJS.Timeout | undefined;

  const say = <M extends PresenceMessage>(message: M, value: z.infer<(typeof messages)[M]>): void =>
    tell(nats, subjectOf(message), value);
  const change = (person: Person, isOnline: boolean): void => {
    counter++;
    say('change', { gatewayId, counter, person, isOnline, at: new Date().toISOString() });
  };
  const snapshot = (): void => {
    const all = [...people.values()];
    const parts = Math.max(1, Math.ceil(all.length / peoplePerPart));
    for (let part = 0; part < parts; part++) {
      const slice = all.slice(part * peoplePerPart, (part + 1) * peoplePerPart);
      say('snapshot', { gatewayId, counter, part, parts, people: slice });
    }
  };
  const stopAsk = hear(nats, subjectOf('ask'), messages.ask, (asked) => {
    if (asked.gatewayId !== undefined && asked.gatewayId !== gatewayId) return;
    answering ??= setTimeout(() => {
      answering = undefined;
      snapshot();
    }, answerDelayMs);
  });
  const beat = setInterval(() => say('beat', { gatewayId, counter }), beatMs);
  snapshot();

  return {
    online: (person) => {
      people.set(person.userId, person);
      change(person, true);
    },
    authenticated: (person) => say('authenticated', person),
    offline: (userId) => {
      const person = people.get(userId);
      if (person === undefined) return;
      people.delete(userId);
      change(person, false);
    },
    close: async ({ lingerMs = 0 } = {}) => {
      clearInterval(beat);
      clearTimeout(answering);
      stopAsk();
      say('gone', { gatewayId, lingerMs });
      if (!nats.isClosed() && !nats.isDraining()) await nats.flush();
    },
  };
};
