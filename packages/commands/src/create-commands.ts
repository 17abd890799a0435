import {
  type Account,
  type ChatEvent,
  evolveAccount,
  evolveFile,
  evolveRoom,
  initialAccount,
  initialFile,
  initialRoom,
  isAccountEvent,
  isFileEvent,
  isRoomEvent,
  type RegisteredAccount,
  type Room,
  type UserFile,
} from '@kuraxx/domain';
import type { CheckpointWatch, EventLog } from '@kuraxx/event-store';
import { publishSignedOut } from '@kuraxx/signals';
import type { NatsConnection } from 'nats';
import type { Logger } from 'pino';
import { createAccounts } from './accounts/accounts.ts';
import { createDeletions } from './accounts/deletions.ts';
import { createHashing } from './accounts/hashing.ts';
import { createNames } from './accounts/names.ts';
import { createPasswords } from './accounts/passwords.ts';
import { createSessions } from './accounts/sessions.ts';
import { createAggregates } from './aggregates.ts';
import { createFiles } from './files/files.ts';
import { openStores, type Stores } from './kv/buckets.ts';
import { createFreshMessages } from './messages/fresh-message.ts';
import { createMessageLookup, type FindMessages } from './messages/lookup.ts';
import { createMessages } from './messages/messages.ts';
import { createSentBefore } from './messages/sent-before.ts';
import { createRooms } from './rooms/rooms.ts';
import { createSettle } from './settle.ts';
import type { SnapshotStore } from './snapshots/kv-snapshots.ts';
import { accountSnapshots, openSnapshotStore, roomSnapshots } from './snapshots/open.ts';

export type CommandsOptions = {
  readonly nats: NatsConnection;
  readonly log: EventLog;
  readonly checkpoints: CheckpointWatch;
  readonly findMessages: FindMessages;
  /** The rooms of users by the read model; every user asked for has an entry. @throws {Unavailable} */
  readonly findRoomsOf: (userIds: readonly string[]) => Promise<ReadonlyMap<string, readonly string[]>>;
  readonly config: {
    readonly jwtSecret: string;
    /** While keys are changed: what it signed still counts. */
    readonly previousJwtSecret?: string | undefined;
    readonly accessExpiryMs: number;
    readonly refreshExpiryMs: number;
    /** Cost of bcrypt: 2^rounds; 12 in production. */
    readonly bcryptRounds: number;
    /** Copies of each KV bucket in a NATS cluster. Default 1. */
    readonly replicas?: number;
  };
  readonly logger: Logger;
};

/** Of all rooms in memory together, at some 200 bytes each; a room itself counts like five. */
const membersInMemory = 500_000;
const roomWeight = 5;
const accountsInMemory = 100_000;
const filesInMemory = 20_000;

/**
 * Everything that changes something, for the api and the gateway alike: no service in between. Opens the KV buckets and
 * follows the log. The connection, the log and the checkpoints stay the caller's.
 *
 * @throws {Error} when NATS can't be reached
 */
export const createCommands = async (options: CommandsOptions) => {
  const { nats, config } = options;
  const replicas = config.replicas ?? 1;
  const [stores, snapshots] = await Promise.all([openStores(nats, replicas), openSnapshotStore(nats, replicas)]);
  return commandsOn(stores, options, { snapshots });
};

/**
 * The same on buckets that are open already.
 *
 * @param nowMs by what clock a repeated send is old
 * @param snapshots where long folds begin
 */
export const commandsOn = async (
  stores: Stores,
  options: CommandsOptions,
  { nowMs = Date.now, snapshots }: { readonly nowMs?: () => number; readonly snapshots: SnapshotStore },
) => {
  const { nats, log, checkpoints, findMessages, findRoomsOf, config, logger } = options;
  const roomAggregates = createAggregates(log, {
    subjectOf: (roomId) => ({ kind: 'room', roomId, aspect: 'meta' }),
    initial: initialRoom,
    evolve: (room: Room, event: ChatEvent, sequence) => (isRoomEvent(event) ? evolveRoom(room, event, sequence) : room),
    weightOf: (room) => roomWeight + (room.status === 'open' ? room.members.size : 0),
    maxWeight: membersInMemory,
    snapshots: roomSnapshots(snapshots, log, logger),
  });
  const accountAggregates = createAggregates(log, {
    subjectOf: (userId) => ({ kind: 'account', userId }),
    initial: initialAccount,
    evolve: (account: Account, event: ChatEvent) => (isAccountEvent(event) ? evolveAccount(account, event) : account),
    maxWeight: accountsInMemory,
    snapshots: accountSnapshots(snapshots, log, logger),
  });
  // not followed live: whatever is decided on an old state meets the expected sequence
  const fileAggregates = createAggregates(log, {
    subjectOf: (key) => {
      const [userId = '', fileId = ''] = key.split('/');
      return { kind: 'file', userId, fileId };
    },
    initial: initialFile,
    evolve: (file: UserFile, event: ChatEvent) => (isFileEvent(event) ? evolveFile(file, event) : file),
    maxWeight: filesInMemory,
  });
  const stopFacts = await log.followFacts(
    (record, previousSequence) => {
      const { subject } = record;
      if (subject.kind === 'account') accountAggregates.onFact(subject.userId, record, previousSequence);
      else if (subject.kind === 'room') roomAggregates.onFact(subject.roomId, record, previousSequence);
    },
    () => {
      roomAggregates.forgetAll();
      accountAggregates.forgetAll();
    },
  );
  const settle = createSettle(log, checkpoints);
  const files = createFiles(fileAggregates);
  const lookup = createMessageLookup(findMessages);
  const hashing = createHashing(config.bcryptRounds);
  const names = createNames(stores, accountAggregates);
  const sessions = createSessions(stores.sessions, {
    expiryMs: config.refreshExpiryMs,
    onEnded: (userId, sessionIds) => void publishSignedOut(nats, { userId, sessionIds: [...sessionIds] }),
  });
  const passwords = createPasswords({ aggregates: accountAggregates, stores, sessions, hashing });
  const deletions = createDeletions({
    aggregates: accountAggregates,
    stores,
    names,
    sessions,
    tellGone: (userId) => void publishSignedOut(nats, { userId }),
    findRooms: async (userId) => {
      await settle.allRooms();
      return (await findRoomsOf([userId])).get(userId) ?? [];
    },
    eraseMember: (roomId, userId) => rooms.erase(roomId, userId),
  });
  const accounts = createAccounts({
    aggregates: accountAggregates,
    stores,
    names,
    sessions,
    hashing,
    passwords,
    deletions,
    jwtSecret: config.jwtSecret,
    previousJwtSecret: config.previousJwtSecret,
    accessExpiryMs: config.accessExpiryMs,
    logger,
  });
  const findAccount = accounts.find;
  const peekAccount = (userId: string): RegisteredAccount | undefined => {
    const account = accountAggregates.peek(userId)?.state;
    return account?.status === 'registered' ? account : undefined;
  };
  const { passcodes } = stores;
  const rooms = createRooms({ aggregates: roomAggregates, findAccount, passcodes, hashing, logger });
  const fresh = createFreshMessages({ log, settle, lookup });
  const findSentBefore = createSentBefore({ log, checkpoints, lookup, nowMs });
  return {
    accounts,
    files,
    rooms,
    messages: createMessages({
      log,
      rooms: roomAggregates,
      findAccount,
      peekAccount,
      files,
      findSentBefore,
      fresh,
      nowMs,
    }),
    /** Stops following the log. */
    close: async (): Promise<void> => stopFacts(),
  };
};

export type Commands = Awaited<ReturnType<typeof createCommands>>;
