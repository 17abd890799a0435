import { App } from 'uWebSockets.js';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import type { EventLog } from '@kuraxx/event-store';
import type { Outgoing } from '@kuraxx/file-links';
import type { Rates } from '@kuraxx/limits';
import type { Tracing } from '@kuraxx/runtime';
import { followRoomSignals, followSignedOut } from '@kuraxx/signals';
import type { NatsConnection } from 'nats';
import type { Logger } from 'pino';
import { createAudience } from './audience.ts';
import { catchUpWithin } from './catch-up-within.ts';
import { createChannels } from './channels.ts';
import { type Counts, createCounts } from './counts.ts';
import { createDirectory } from './directory.ts';
import { drain } from './drain.ts';
import { handleFrame } from './handle-frame.ts';
import { type Heartbeat, heartbeatClock, isPingDue } from './heartbeat.ts';
import { createHistory } from './history.ts';
import { routeHttp } from './http.ts';
import { leaveRoom } from './leave.ts';
import { defaultLimits, type Limits } from './limits.ts';
import { listen, type PortSharing } from './listen.ts';
import { createNameKeeper } from './name-keeper.ts';
import { watchNats } from './nats-state.ts';
import type { GatewayCommands, Needs } from './needs.ts';
import { createPresence } from './presence.ts';
import { shareNext } from './share-next.ts';
import { forgetUser } from './sign-in.ts';
import { createSignOuts } from './sign-outs.ts';
import { createSlowReaders } from './slow-readers.ts';
import { acceptSockets } from './sockets.ts';
import { sweep } from './sweep.ts';
import { createTails } from './tail.ts';
import { createTidy } from './tidy.ts';
import { createTyping } from './typing.ts';
import { createUserRooms } from './user-rooms.ts';

export type GatewayOptions = Heartbeat & {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly sharing: PortSharing;
  readonly origins: readonly string[];
  readonly anyLocalOrigin: boolean;
  /** How many proxies stand in front: where a client's address is taken from. */
  readonly trustedProxies: number;
  /** Absent: no limits per window. It stays the caller's. */
  readonly rates?: Rates | undefined;
  /** Frames are compressed for clients that offer it; default no. */
  readonly compression?: boolean;
  readonly nats: NatsConnection;
  readonly log: EventLog;
  readonly commands: GatewayCommands;
  /** Signs links to files in what goes out. */
  readonly outgoing: Outgoing;
  /** Rooms of users by the read model; may fail: presence alone needs it. */
  readonly roomsOf: (userIds: string[]) => Promise<ReadonlyMap<string, readonly string[]>>;
  /** Absent: nothing is traced. */
  readonly tracing?: Tracing | undefined;
  /** Whether the process is about to be closed: then `/health` sends load balancers elsewhere, while all goes on. Default: not until `close`. */
  readonly isStopping?: () => boolean;
  readonly logger: Logger;
  readonly limits?: Partial<Limits>;
  /** A full garbage collection, for when many sockets have come or gone: see `tidy.ts`. Absent: V8 decides alone. */
  readonly collect?: () => void;
};

export type Gateway = {
  readonly port: number;
  /** What it holds now. */
  load(): {
    readonly sockets: number;
    readonly authenticatedSockets: number;
    /** Of all sockets together. */
    readonly joinedRooms: number;
    readonly followedRooms: number;
    readonly unsentBytes: number;
  };
  /** What it has done since it was created. */
  readonly counts: Readonly<Counts>;
  /** Asks every client to come back elsewhere, finishes what is at work, closes; within `drainTimeoutMs`. A second call does nothing. */
  close(): Promise<void>;
};

/** Who has just connected to a shared port has so long to ask for a socket, and to be told to come back elsewhere. */
const newcomersMs = 1_000;

/** Without a frame for so long it is quiet. */
const tidyIntervalMs = 1_000;

/** @throws {PortTaken} */
export const createGateway = async (options: GatewayOptions): Promise<Gateway> => {
  const { nats, log, commands, logger } = options;
  const limits: Limits = { ...defaultLimits, ...options.limits };
  const app = App();
  const counts = createCounts();
  const directory = createDirectory();
  const typing = createTyping(nats, limits.typingExpiryMs);
  const slowReaders = createSlowReaders(limits);
  const channels = createChannels({
    log,
    audienceOf: (roomId) =>
      createAudience(
        app,
        roomId,
        { everyBytes: limits.lookEveryBytes, look: (sessions) => slowReaders.look(sessions) },
        counts,
      ),
    followSignals: (roomId, listener) => followRoomSignals(nats, roomId, listener),
    tails: createTails(limits),
    outgoing: options.outgoing,
    counts,
    tracing: options.tracing,
    logger,
    cut: (session, roomId) => void leaveRoom(session, roomId, typing),
  });
  const userRooms = await createUserRooms({
    log,
    roomsOf: options.roomsOf,
    followedRoomsOf: (userId) => channels.roomsOf(userId),
    logger,
  });
  const presence = createPresence({ nats, gatewayId: randomUUID(), directory, userRooms, logger });
  const signOuts = createSignOuts({
    isSignedIn: (signIn) => commands.accounts.isSignedIn(signIn),
    socketsOf: (userId) => directory.of(userId),
    sockets: () => sockets.sessions,
    logger,
  });
  const natsState = watchNats(nats, () => void signOuts.checkAll());
  const needs: Needs = {
    commands,
    loadRoom: shareNext((roomId) => commands.rooms.load(roomId)),
    catchUp: catchUpWithin(log, limits.requestTimeoutMs),
    log,
    nats,
    natsState,
    channels,
    history: createHistory(log, limits, logger),
    directory,
    presence,
    names: createNameKeeper(commands.accounts),
    signOuts,
    userRooms,
    typing,
    outgoing: options.outgoing,
    limits,
    rates: options.rates,
    counts,
    tracing: options.tracing,
    logger,
  };
  const stopSignedOut = followSignedOut(nats, (what) => signOuts.heard(what));
  let isOver = false;
  const sockets = acceptSockets(
    app,
    { ...options, limits },
    {
      frame: (session, text, arrivedAtMs) => handleFrame(session, text, arrivedAtMs, needs),
      // What a socket has sent may outlast it, and the gateway: then all its users are gone already
      close: (session) => void (isOver || forgetUser(session, needs)),
    },
    counts,
  );
  let isDraining = false;
  routeHttp(app, { isDraining: () => isDraining || options.isStopping?.() === true });
  let pingedMs = heartbeatClock();
  const sweeping = setInterval(() => {
    const [nowMs, beatMs] = [Date.now(), heartbeatClock()];
    slowReaders.look(sockets.sessions);
    for (const session of sockets.sessions) {
      sweep(session, nowMs, limits);
      if (isPingDue(session.openedAtMs, pingedMs, beatMs, options.heartbeatIntervalMs)) session.ping();
    }
    pingedMs = beatMs;
  }, limits.sweepIntervalMs);

  const sum = (numbers: Iterable<number>): number => Array.from(numbers).reduce((total, one) => total + one, 0);
  const tidy = options.collect && createTidy(options.collect);
  const tidying =
    tidy &&
    setInterval(() => {
      const openedAndClosed = sockets.sessions.size + 2 * sum(counts.closes.values());
      const frames = sum(Object.values(counts.frames)) + counts.deliveries + counts.replayed;
      tidy({ frames, openedAndClosed });
    }, tidyIntervalMs);

  const closeParts = async (): Promise<void> => {
    clearInterval(sweeping);
    clearInterval(tidying);
    app.close();
    stopSignedOut();
    signOuts.close();
    channels.close();
    userRooms.close();
    await presence.close();
    isOver = true;
  };
  const listening = await listen(app, options).catch(async (error: unknown) => {
    await closeParts();
    throw error;
  });

  return {
    port: listening.port,
    load: () => {
      let authenticatedSockets = 0;
      let joinedRooms = 0;
      let unsentBytes = 0;
      for (const session of sockets.sessions) {
        if (session.identity !== undefined) authenticatedSockets += 1;
        joinedRooms += session.rooms.size;
        unsentBytes += session.unsentBytes();
      }
      const followedRooms = channels.count();
      return { sockets: sockets.sessions.size, authenticatedSockets, joinedRooms, followedRooms, unsentBytes };
    },
    counts,
    async close() {
      if (isDraining) return;
      isDraining = true;
      presence.drain();
      if (options.sharing === 'none') {
        // It goes on answering, so that whoever asks learns why.
        sockets.refuse('status');
        await drain(sockets, limits.drainTimeoutMs);
        listening.stop();
      } else {
        // The kernel sends new clients to the others, but resets those who wait to be accepted: just after a turn of the event loop nobody does.
        await turn();
        listening.stop();
        sockets.refuse('close');
        const newcomers = delay(Math.min(newcomersMs, limits.drainTimeoutMs));
        await Promise.all([drain(sockets, limits.drainTimeoutMs), newcomers]);
      }
      await closeParts();
    },
  };
};
