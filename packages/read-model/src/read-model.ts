import type { DetailedRoom, ListedRoom, Member, Message, PublicUser, Stats } from '@kuraxx/contracts';
import type { MessageSnapshot } from '@kuraxx/domain';
import type { Position, Serving } from '@kuraxx/event-store';
import { type ConnectionOptions, type Database, openConnections } from './database.ts';
import { listModels, type ModelState } from './models.ts';
import { findOnline, type PresenceChange, setPresence } from './presence.ts';
import { createLocks } from './projection/locks.ts';
import { createProjections, type Projection } from './projection/projections.ts';
import { filesToSweep, findSweepable, type Sweepable, type SweepPage } from './queries/files.ts';
import { findMessage, findMessages, type HistoryPage, type HistoryQuery, history } from './queries/messages.ts';
import { discoverRooms, findRoom, listMembers, listRooms, membersOf, roomsOf } from './queries/rooms.ts';
import type { Page } from './queries/shapes.ts';
import { readStats } from './queries/stats.ts';
import { findUser, findUsers, searchUsers } from './queries/users.ts';
import { createReplicas } from './replicas.ts';
import { firstSchema } from './schema.ts';
import { followServing, readServing, servingDatabase } from './serving.ts';

/** Reads. Every one throws `ReadModelUnavailable` when Postgres is away, and works again when it is back. */
export type Queries = {
  /** A room with all its members; undefined when there is none. */
  findRoom(roomId: string): Promise<DetailedRoom | undefined>;
  /** Rooms that the user is in, the last updated first. */
  listRooms(userId: string, page: Page): Promise<{ rooms: ListedRoom[]; total: number }>;
  /** Public rooms that the user is not in, the newest first, up to five members each. */
  discoverRooms(userId: string, page: Page): Promise<{ rooms: ListedRoom[]; total: number }>;
  /** Members in the order of joining. */
  listMembers(roomId: string, page: Page): Promise<{ members: Member[]; total: number }>;
  /** One member; undefined when the user is not in the room. */
  membersOf(roomId: string, userId: string): Promise<Member | undefined>;
  /** Ids of the rooms of each user; every id asked for has an entry. */
  roomsOf(userIds: readonly string[]): Promise<Map<string, string[]>>;
  /** Newest first by position, without deleted ones. */
  history(roomId: string, query: HistoryQuery): Promise<HistoryPage>;
  /** A message, also a deleted one, with the position of its sending. */
  findMessage(id: string): Promise<{ message: Message; position: Position } | undefined>;
  /** The same for several; unknown ids have no entry. */
  findMessages(ids: readonly string[]): Promise<Map<string, { snapshot: MessageSnapshot; position: Position }>>;
  findUser(id: string): Promise<PublicUser | undefined>;
  /** Unknown ids have no entry. */
  findUsers(ids: readonly string[]): Promise<Map<string, PublicUser>>;
  /** Users whose username or display name contains the text in any case, by username. */
  searchUsers(text: string, excludeUserId: string, page: Page): Promise<{ users: PublicUser[]; total: number }>;
  stats(): Promise<Stats>;
  /** Of one page of files those that nothing seems to show; `last` is the id to go on after, undefined at the end. */
  filesToSweep(page: SweepPage): Promise<{ files: Sweepable[]; last: string | undefined }>;
  /** The same about one file; undefined when something shows it. */
  findSweepable(fileId: string, before: string): Promise<Sweepable | undefined>;
};

export type ReadModel = {
  /** On the read model that serves, whichever that is at the time. */
  readonly queries: Queries;
  /**
   * Queries on whatever shows everything up to the positions: on a replica, where one has come so far within 250 ms, else on the primary.
   *
   * @param positions what the serving read model has reached, as announced; undefined: nobody knows, so the primary answers
   */
  queriesAt(positions: readonly Position[] | undefined): Promise<Queries>;
  readonly presence: {
    /** Stores who came or went; the last by `at` wins. */
    set(changes: readonly PresenceChange[]): Promise<void>;
    /** Ids of all users stored as online. */
    online(): Promise<string[]>;
  };
  /** @param schema `read_<n>` */
  projectionInto(schema: string): Projection;
  /** All read models there are. @throws {ReadModelUnavailable} */
  models(): Promise<ModelState[]>;
  /** Which read model serves, as the database has it now. @throws {ReadModelUnavailable} */
  serving(): Promise<Serving>;
  /** Waits for what is under way; later calls throw. */
  close(): Promise<void>;
};

export type ReadModelOptions = Pick<ConnectionOptions, 'poolSize' | 'statementTimeoutMs' | 'lifetimeSeconds'> & {
  readonly databaseUrl: string;
  /** Copies of it for `queriesAt`; none by default. Nothing but that asks them. */
  readonly replicaUrls?: readonly string[];
  /**
   * The newest serving read model that was announced (`CheckpointWatch.serving`). Whoever waits for announcements must give it:
   * only then what was waited for is in what is read.
   */
  readonly serving?: () => Serving | undefined;
};

const queriesOn = (database: Database): Queries => ({
  findRoom: (roomId) => findRoom(database, roomId),
  listRooms: (userId, page) => listRooms(database, userId, page),
  discoverRooms: (userId, page) => discoverRooms(database, userId, page),
  listMembers: (roomId, page) => listMembers(database, roomId, page),
  membersOf: (roomId, userId) => membersOf(database, roomId, userId),
  roomsOf: (userIds) => roomsOf(database, userIds),
  history: (roomId, query) => history(database, roomId, query),
  findMessage: (id) => findMessage(database, id),
  findMessages: (ids) => findMessages(database, ids),
  findUser: (id) => findUser(database, id),
  findUsers: (ids) => findUsers(database, ids),
  searchUsers: (text, excludeUserId, page) => searchUsers(database, text, excludeUserId, page),
  filesToSweep: (page) => filesToSweep(database, page),
  findSweepable: (fileId, before) => findSweepable(database, fileId, before),
  stats: () => readStats(database, new Date()),
});

/** Opens the read model. Needs no database yet: each call connects when it must, within 2 s, and fails with `ReadModelUnavailable`. */
export const openReadModel = async ({
  databaseUrl,
  replicaUrls = [],
  serving = () => undefined,
  ...options
}: ReadModelOptions): Promise<ReadModel> => {
  const connections = await openConnections(databaseUrl, options);
  const locks = createLocks(connections);
  const database = servingDatabase(connections, followServing(connections, serving));
  const queries = queriesOn(database);
  const copies = await Promise.all(replicaUrls.map((url) => openConnections(url, options)));
  const replicas = createReplicas(copies, database);
  return {
    queries,
    queriesAt: async (positions) => {
      const schema = serving()?.schema;
      if (positions === undefined || schema === undefined || copies.length === 0) return queries;
      const replica = await replicas.at(schema, positions);
      return replica === undefined ? queries : queriesOn(replica);
    },
    presence: {
      set: (changes) => setPresence(database, changes),
      online: () => findOnline(database),
    },
    projectionInto: createProjections(connections, locks),
    models: () => listModels(connections.in(firstSchema)),
    serving: () => readServing(connections.in(firstSchema)),
    close: async () => {
      locks.close();
      await Promise.all([connections, ...copies].map((one) => one.close()));
    },
  };
};
