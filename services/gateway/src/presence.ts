import { announcePresence, watchPresence } from '@kuraxx/signals';
import type { NatsConnection } from 'nats';
import type { Logger } from 'pino';
import type { Directory } from './directory.ts';
import { createPresenceRounds } from './presence-rounds.ts';
import { encodeFrame } from './server-frame.ts';
import type { UserRooms } from './user-rooms.ts';

type Person = { readonly userId: string; readonly username: string };

/** Users of a gateway that has stopped have so long to come back by another before others see them go. */
const lingerMs = 3_000;

/** Tells the other processes who is here, and the sockets here who comes and goes. */
export type Presence = {
  /** @param isFirst it is the user's first socket here */
  authenticated(person: Person, isFirst: boolean): void;
  /** The user's last socket here has gone. */
  gone(userId: string): void;
  /** From now on sockets that close are on their way to another gateway: their users stay online until a while after `close`. */
  drain(): void;
  close(): Promise<void>;
};

/** Frames go to people who share a room with the one they are about, one per socket, in the order of what happened to a person. */
export const createPresence = (needs: {
  readonly nats: NatsConnection;
  readonly gatewayId: string;
  readonly directory: Directory;
  readonly userRooms: UserRooms;
  readonly logger: Logger;
}): Presence => {
  const { nats, gatewayId, directory, userRooms, logger } = needs;
  const rounds = createPresenceRounds({ directory, userRooms, logger });
  const watch = watchPresence(nats, {
    onOnline: ({ userId, username }) =>
      rounds.tell(userId, encodeFrame('presence:online', { userId, username, isOnline: true, lastSeenAt: null })),
    onOffline: ({ userId, username }, lastSeenAt) =>
      rounds.tell(userId, encodeFrame('presence:offline', { userId, username, isOnline: false, lastSeenAt })),
  });
  const announcement = announcePresence(nats, { gatewayId });
  let isDraining = false;

  return {
    authenticated(person, isFirst) {
      if (isFirst) announcement.online(person);
      announcement.authenticated(person);
    },
    gone(userId) {
      if (!isDraining) announcement.offline(userId);
    },
    drain() {
      isDraining = true;
    },
    async close() {
      watch.close(); // first: who goes with this gateway is not told to its own, who are gone
      rounds.close();
      await announcement.close(isDraining ? { lingerMs } : {});
    },
  };
};
