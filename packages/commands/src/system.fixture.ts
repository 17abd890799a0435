import { randomUUID } from 'node:crypto';
import {
  evolveRoom,
  initialRoom,
  isRoomEvent,
  type MessageSnapshot,
  Refusal,
  type Room,
  type RoomType,
} from '@kuraxx/domain';
import {
  announceCheckpoint,
  createCheckpointWatch,
  decodeRecord,
  type EventLog,
  type LogRecord,
  openEventLog,
  type Position,
  Unavailable,
} from '@kuraxx/event-store';
import { type FreshServer, freshNats } from '@kuraxx/testing';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from 'nats';
import { pino } from 'pino';
import { commandsOn } from './create-commands.ts';
import { createDoom } from './doomed.fixture.ts';
import type { Commands, SignedIn } from './index.ts';
import { openStores, type Stores } from './kv/buckets.ts';
import { openSnapshotStore } from './snapshots/open.ts';

const nanosPerMs = 1_000_000;

export const password = 'correct horse';

/** The read model in memory: it follows the log and says how far it is, and can be stopped. */
const project = async (nats: NatsConnection, log: EventLog) => {
  const rows = new Map<string, { snapshot: MessageSnapshot; position: Position }>();
  const rooms = new Map<string, Room>();
  let isAway = false;
  let gate = Promise.resolve();
  const apply = (record: LogRecord): void => {
    const event = decodeRecord(record);
    if (event === undefined) return;
    if (isRoomEvent(event)) {
      const { roomId } = event.data;
      rooms.set(roomId, evolveRoom(rooms.get(roomId) ?? initialRoom(), event, record.position.sequence));
    }
    if ('message' in event.data) {
      const { message } = event.data;
      rows.set(message.id, { snapshot: message, position: rows.get(message.id)?.position ?? record.position });
    } else if (event.type === 'MessageDeleted') {
      const row = rows.get(event.data.messageId);
      if (row !== undefined)
        rows.set(row.snapshot.id, { ...row, snapshot: { ...row.snapshot, deletedAt: event.data.at } });
    }
  };
  const reached = new Map(log.partitions.map((partition) => [partition, 0]));
  const announce = (): void => {
    for (const [partition, sequence] of reached) {
      announceCheckpoint(nats, partition, { epoch: log.epochOf(partition), sequence, stalled: isAway });
    }
  };
  const followed = await Promise.all(
    log.partitions.map((partition) =>
      log.consume(partition, { after: 0 }, async (records) => {
        await gate;
        records.forEach(apply);
        reached.set(partition, records.at(-1)?.position.sequence ?? 0);
        announce();
      }),
    ),
  );
  const timer = setInterval(announce, 500);
  announce();
  return {
    find: async (ids: string[]) => {
      if (isAway) throw new Unavailable('the test has taken the read model away');
      return new Map(
        ids.flatMap((id) => {
          const row = rows.get(id);
          return row === undefined ? [] : [[id, row] as const];
        }),
      );
    },
    roomsOf: async (userIds: readonly string[]) => {
      if (isAway) throw new Unavailable('the test has taken the read model away');
      const isIn = (userId: string, room: Room): boolean => room.status === 'open' && room.members.has(userId);
      return new Map(
        userIds.map((userId) => [userId, [...rooms].flatMap(([id, room]) => (isIn(userId, room) ? [id] : []))]),
      );
    },
    /** Goes on reading what it has, and shows nothing new until the returned function is called. */
    pause: (): (() => void) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      return resolve;
    },
    setAway: (away: boolean) => {
      isAway = away;
      announce();
    },
    stop: async () => {
      clearInterval(timer);
      await Promise.all(followed.map((consumption) => consumption.stop()));
    },
  };
};

export type TestProcess = { readonly commands: Commands; readonly log: EventLog; close(): Promise<void> };

export type DoomedProcess = TestProcess & { readonly hasDied: () => boolean };

export type TestSystem = TestProcess & {
  readonly server: FreshServer;
  readonly nats: NatsConnection;
  readonly stores: Stores;
  setReadModelAway(away: boolean): void;
  /** Nothing new gets into the read model until the returned function is called. */
  pauseReadModel(): () => void;
  /** The log forgets after a moment which messages it has seen, not after two minutes. */
  forgetDuplicates(): Promise<void>;
  /** Commands with a connection and caches of their own, as another process has them; by a clock that is ahead, through a proxy. */
  another(options?: { readonly aheadMs?: number; readonly natsUrl?: string }): Promise<TestProcess>;
  /** Commands of a process that dies at its `fatalStep`-th write (from 1), before or after that is done. */
  doomed(fatalStep: number, when: 'before' | 'after'): Promise<DoomedProcess>;
  register(): Promise<SignedIn>;
  /** A room of `owner` with members; its id. */
  room(
    owner: SignedIn,
    options?: { type?: RoomType; passcode?: string; members?: readonly SignedIn[] },
  ): Promise<string>;
};

/** Commands on a NATS of their own, with a read model in memory. */
export const startSystem = async (): Promise<TestSystem> => {
  const server = await freshNats();
  const nats = await connect({ servers: server.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
  const mainLog = await openEventLog({ nats, source: 'kuraxx/test' });
  const projection = await project(nats, mainLog);

  const open = async (
    connection: NatsConnection,
    log: EventLog,
    { aheadMs = 0, around = (stores: Stores) => stores } = {},
  ): Promise<TestProcess> => {
    const checkpoints = createCheckpointWatch(connection);
    const options = {
      nats: connection,
      log,
      checkpoints,
      findMessages: projection.find,
      findRoomsOf: projection.roomsOf,
      config: { jwtSecret: 's'.repeat(32), accessExpiryMs: 900_000, refreshExpiryMs: 900_000, bcryptRounds: 4 },
      logger: pino({ level: 'silent' }),
    };
    const commands = await commandsOn(around(await openStores(connection, 1)), options, {
      nowMs: () => Date.now() + aheadMs,
      snapshots: await openSnapshotStore(connection, 1),
    });
    const close = async (): Promise<void> => {
      await commands.close();
      checkpoints.close();
    };
    return { commands, log, close };
  };
  const main = await open(nats, mainLog);
  const { commands } = main;
  return {
    ...main,
    server,
    nats,
    stores: await openStores(nats, 1),
    setReadModelAway: projection.setAway,
    pauseReadModel: projection.pause,
    forgetDuplicates: async () => {
      const { streams } = await jetstreamManager(nats);
      for await (const { config } of streams.list('kuraxx.room.>'))
        await streams.update(config.name, { duplicate_window: 100 * nanosPerMs });
    },
    another: async ({ aheadMs = 0, natsUrl = server.url } = {}) => {
      const connection = await connect({ servers: natsUrl, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
      const log = await openEventLog({ nats: connection, source: 'kuraxx/other' });
      const other = await open(connection, log, { aheadMs });
      const close = async (): Promise<void> => {
        await other.close();
        await log.close();
        await connection.close();
      };
      return { ...other, close };
    },
    doomed: async (fatalStep, when) => {
      const doom = createDoom(fatalStep, when);
      return { ...(await open(nats, doom.log(mainLog), { around: doom.stores })), hasDied: doom.hasDied };
    },
    register: () => {
      const username = `u_${randomUUID().slice(0, 8)}`;
      return commands.accounts.register({ email: `${username}@example.org`, username, password });
    },
    room: async (owner, { type = 'PUBLIC', passcode, members = [] } = {}) => {
      const memberIds = members.map(({ account }) => account.userId);
      const { room } = await commands.rooms.create(owner.account.userId, { type, passcode, memberIds });
      if (room.status !== 'open') throw new Error('the room is not open');
      return room.roomId;
    },
    close: async () => {
      await projection.stop();
      await main.close();
      await mainLog.close();
      await nats.close();
      await server.remove();
    },
  };
};

/** What became of attempts: `done`, the code of a refusal, or another error's name, in alphabetical order. */
export const outcomes = async (attempts: readonly Promise<unknown>[]): Promise<string[]> =>
  (await Promise.allSettled(attempts))
    .map((result) => {
      if (result.status === 'fulfilled') return 'done';
      const { reason } = result;
      if (reason instanceof Refusal) return reason.code;
      return reason instanceof Error ? reason.name : 'unknown';
    })
    .toSorted();

export const collect = async (records: AsyncIterable<LogRecord>): Promise<LogRecord[]> => {
  const all: LogRecord[] = [];
  for await (const record of records) all.push(record);
  return all;
};
