import type { NatsConnection } from 'nats';
import type { z } from 'zod';
import { hear } from './hear.ts';
import { messages, type Person, silenceMs, subjectOf } from './presence-messages.ts';
import { tell } from './tell.ts';

const sweepMs = 500;

export type PresenceListener = {
  /** The first socket of a user, over all gateways, has come. */
  onOnline?(person: Person): void;
  /** Any socket of a user has authenticated. */
  onAuthenticated?(person: Person): void;
  /** The last socket of a user, over all gateways, has gone; `lastSeenAt` is ISO 8601. */
  onOffline?(person: Person, lastSeenAt: string): void;
};

export type PresenceWatch = {
  isOnline(userId: string): boolean;
  online(): Person[];
  close(): void;
};

type Gateway = { counter: number; heardAt: number; people: Map<string, Person>; draft: Person[]; draftParts: number };
type Snapshot = z.infer<typeof messages.snapshot>;

/** Keeps the union of what all gateways announce, one's own included, and tells who comes and goes. */
export const watchPresence = (nats: NatsConnection, listener: PresenceListener): PresenceWatch => {
  const gateways = new Map<string, Gateway>();
  /** How many gateways hold sockets of a user. */
  const holders = new Map<string, { person: Person; count: number }>();
  /** Gateways that have gone and whose users may come back elsewhere. */
  const lingering = new Set<NodeJS.Timeout>();
  let away = false;
  let isClosed = false;

  const ask = (gatewayId?: string): void => {
    tell(nats, subjectOf('ask'), gatewayId === undefined ? {} : { gatewayId });
  };
  const arrive = (gateway: Gateway, person: Person): void => {
    if (gateway.people.has(person.userId)) return;
    gateway.people.set(person.userId, person);
    const holder = holders.get(person.userId);
    if (holder !== undefined) return void holder.count++;
    holders.set(person.userId, { person, count: 1 });
    listener.onOnline?.(person);
  };
  const depart = (gateway: Gateway, userId: string, at: string): void => {
    const holder = holders.get(userId);
    if (!gateway.people.delete(userId) || holder === undefined) return;
    holder.count--;
    if (holder.count > 0) return;
    holders.delete(userId);
    listener.onOffline?.(holder.person, at);
  };
  const drop = (gatewayId: string): void => {
    const gateway = gateways.get(gatewayId);
    if (gateway === undefined) return;
    gateways.delete(gatewayId);
    const at = new Date().toISOString();
    for (const userId of gateway.people.keys()) depart(gateway, userId, at);
  };
  const replace = (gateway: Gateway, people: readonly Person[]): void => {
    const present = new Set(people.map(({ userId }) => userId));
    const at = new Date().toISOString();
    for (const person of people) arrive(gateway, person);
    for (const userId of gateway.people.keys()) if (!present.has(userId)) depart(gateway, userId, at);
  };

  const onSnapshot = ({ gatewayId, counter, part, parts, people }: Snapshot): void => {
    const gateway: Gateway = gateways.get(gatewayId) ?? {
      counter: -1,
      heardAt: 0,
      people: new Map(),
      draft: [],
      draftParts: 0,
    };
    gateways.set(gatewayId, gateway);
    gateway.heardAt = Date.now();
    if (part === 0) Object.assign(gateway, { draft: [], draftParts: 0 });
    if (part !== gateway.draftParts) return; // a part is missing: the next beat shows it
    gateway.draft.push(...people);
    gateway.draftParts++;
    if (gateway.draftParts < parts) return;
    gateway.counter = counter;
    replace(gateway, gateway.draft);
  };
  const stops = [
    hear(nats, subjectOf('snapshot'), messages.snapshot, onSnapshot),
    hear(nats, subjectOf('change'), messages.change, ({ gatewayId, counter, person, isOnline, at }) => {
      const gateway = gateways.get(gatewayId);
      if (gateway === undefined || counter > gateway.counter + 1) return ask(gatewayId);
      gateway.heardAt = Date.now();
      if (counter <= gateway.counter) return; // a snapshot has told it already
      gateway.counter = counter;
      if (isOnline) arrive(gateway, person);
      else depart(gateway, person.userId, at);
    }),
    hear(nats, subjectOf('beat'), messages.beat, ({ gatewayId, counter }) => {
      const gateway = gateways.get(gatewayId);
      if (gateway !== undefined) gateway.heardAt = Date.now();
      if (gateway?.counter !== counter) ask(gatewayId);
    }),
    hear(nats, subjectOf('gone'), messages.gone, ({ gatewayId, lingerMs }) => {
      if (lingerMs === 0) return drop(gatewayId);
      const timer = setTimeout(() => {
        lingering.delete(timer);
        drop(gatewayId);
      }, lingerMs);
      lingering.add(timer);
    }),
    hear(nats, subjectOf('authenticated'), messages.authenticated, (person) => listener.onAuthenticated?.(person)),
  ];
  let swept = Date.now();
  const sweep = setInterval(() => {
    const now = Date.now();
    const stall = now - swept - sweepMs;
    swept = now;
    if (away) return; // it is we who hear nothing
    if (stall > sweepMs) {
      // so is it when this process stood still: what came meanwhile is yet to be read
      for (const gateway of gateways.values()) gateway.heardAt += stall;
      return;
    }
    for (const [gatewayId, { heardAt }] of gateways) if (now - heardAt > silenceMs) drop(gatewayId);
  }, sweepMs);
  const watchConnection = async (): Promise<void> => {
    for await (const { type } of nats.status()) {
      if (isClosed) return;
      if (type === 'disconnect') away = true;
      if (type !== 'reconnect') continue;
      away = false;
      for (const gateway of gateways.values()) gateway.heardAt = Date.now();
      ask();
    }
  };
  void watchConnection();
  ask();

  return {
    isOnline: (userId) => holders.has(userId),
    online: () => [...holders.values()].map(({ person }) => person),
    close: () => {
      isClosed = true;
      clearInterval(sweep);
      for (const timer of lingering) clearTimeout(timer);
      for (const stop of stops) stop();
    },
  };
};
