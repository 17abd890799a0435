import { randomUUID } from 'node:crypto';
import { type Commands, createCommands } from '@kuraxx/commands';
import type { FrameEncoding } from '@kuraxx/contracts';
import { createCheckpointWatch, type EventLog, openEventLog } from '@kuraxx/event-store';
import { createFileLinks } from '@kuraxx/file-links';
import type { Rates } from '@kuraxx/limits';
import type { Tracing } from '@kuraxx/runtime';
import { connect, type NatsConnection } from 'nats';
import { pino } from 'pino';
import { type Client, openClient } from './client.fixture.ts';
import { createGateway, type Gateway } from './gateway.ts';
import type { Heartbeat } from './heartbeat.ts';
import type { Limits } from './limits.ts';

export type Person = {
  readonly userId: string;
  readonly username: string;
  readonly token: string;
  readonly email: string;
};

export const password = 'correct horse';

/** A gateway with commands and log of its own, as a process has them, on a real NATS. */
export type TestGateway = {
  readonly url: string;
  readonly gateway: Gateway;
  readonly nats: NatsConnection;
  readonly log: EventLog;
  readonly commands: Commands;
  /** Registers somebody new. */
  person(name: string): Promise<Person>;
  /** A room of `owner` with `members`. */
  room(owner: Person, ...members: Person[]): Promise<string>;
  /** Opens a socket, authenticates it and joins the rooms. */
  signIn(person: Person, ...roomIds: string[]): Promise<Client>;
  /** Opens a socket of this encoding and authenticates it. */
  signInWith(encoding: FrameEncoding, person: Person): Promise<Client>;
  close(): Promise<void>;
};

const logger = pino({ level: process.env.LOG_LEVEL ?? 'fatal' });

/** Signs links to files. */
export const filesSecret = 'another secret that is known to these tests alone';

export const startGateway = async (
  natsUrl: string,
  options: {
    limits?: Partial<Limits>;
    roomsOf?: ReadonlyMap<string, string[]>;
    accessExpiryMs?: number;
    /** Stands between the gateway and its log. */
    around?: (log: EventLog) => EventLog;
    /** Told of each question to the read model. */
    onDatabaseRead?: () => void;
    trustedProxies?: number;
    rates?: Rates;
    origins?: string[];
    compression?: boolean;
    heartbeat?: Heartbeat;
    isStopping?: () => boolean;
    tracing?: Tracing;
  } = {},
): Promise<TestGateway> => {
  const nats = await connect({ servers: natsUrl, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
  const log = await openEventLog({ nats, source: 'kuraxx/gateway' });
  const checkpoints = createCheckpointWatch(nats);
  const commands = await createCommands({
    nats,
    log,
    checkpoints,
    findMessages: async () => new Map(),
    findRoomsOf: async (userIds) => new Map(userIds.map((id) => [id, options.roomsOf?.get(id) ?? []])),
    config: {
      jwtSecret: 'a secret that is known to these tests alone',
      accessExpiryMs: options.accessExpiryMs ?? 900_000,
      refreshExpiryMs: 900_000,
      bcryptRounds: 4,
    },
    logger,
  });
  const gateway = await createGateway({
    host: '127.0.0.1',
    port: 0,
    sharing: 'none',
    origins: options.origins ?? ['http://localhost:3000'],
    anyLocalOrigin: false,
    trustedProxies: options.trustedProxies ?? 0,
    rates: options.rates,
    compression: options.compression ?? false,
    tracing: options.tracing,
    ...(options.heartbeat ?? { heartbeatIntervalMs: 30_000, heartbeatTimeoutMs: 60_000 }),
    nats,
    log: options.around?.(log) ?? log,
    commands,
    outgoing: createFileLinks(filesSecret, 'http://files.test').outgoing,
    roomsOf: async (userIds) => {
      options.onDatabaseRead?.();
      return new Map(userIds.map((id) => [id, options.roomsOf?.get(id) ?? []]));
    },
    isStopping: options.isStopping ?? (() => false),
    logger,
    limits: { drainTimeoutMs: 200, ...options.limits },
  });
  const url = `ws://127.0.0.1:${gateway.port}`;
  return {
    url,
    gateway,
    nats,
    log,
    commands,
    async person(name) {
      const username = `${name}_${randomUUID().slice(0, 8)}`;
      const email = `${username}@example.org`;
      const { account, tokens } = await commands.accounts.register({ email, username, password });
      return { userId: account.userId, username, email, token: tokens.accessToken };
    },
    async room(owner, ...members) {
      const { room } = await commands.rooms.create(owner.userId, {
        type: 'PUBLIC',
        memberIds: members.map(({ userId }) => userId),
      });
      if (room.status !== 'open') throw new Error('the room is not open');
      return room.roomId;
    },
    async signIn(person, ...roomIds) {
      const client = await openClient(url);
      await client.ask('authenticate', { token: person.token });
      for (const roomId of roomIds) {
        const answer = await client.ask('room:join', { roomId });
        if (answer.type !== 'room:join') throw new Error(`not joined: ${JSON.stringify(answer)}`);
      }
      return client;
    },
    async signInWith(encoding, person) {
      const client = await openClient(url, { encoding });
      await client.ask('authenticate', { token: person.token });
      return client;
    },
    async close() {
      await gateway.close();
      await commands.close();
      checkpoints.close();
      await log.close();
      await nats.close();
    },
  };
};
