import { type EntityManager, MikroORM, type Options } from '@mikro-orm/postgresql';
import type { Kysely } from 'kysely';
import { bindSchema } from './bind-schema.ts';
import { entities } from './entities/index.ts';
import { guardDatabase } from './errors.ts';

/** How long to wait for a connection before saying that the database is away. */
const connectTimeoutMs = 2000;

/**
 * No pooled connection is older, however busy: a Postgres that is told to shut down (SIGTERM) waits for its sessions to end, and takes
 * no new ones meanwhile.
 */
const usualLifetimeSeconds = 30;

/** Raw SQL goes through kysely, which doesn't know our tables' types. */
export type Sql = Kysely<unknown>;

/** What a session needs of the driver's client, which has no types of its own here. */
export type SessionClient = {
  query(text: string, values?: readonly unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
  on(event: 'error' | 'end', listener: (error?: Error) => void): void;
  release(destroy: boolean): void;
};

/** Ways to work on one read model; what they are about (`doing`) is named when the database is away. */
export type Database = {
  /** Runs SQL on a pooled connection. @throws {ReadModelUnavailable} naming what was being done */
  run<T>(doing: string, work: (db: Sql) => Promise<T>): Promise<T>;
  /** The same with entities; a fresh identity map each time. @throws {ReadModelUnavailable} */
  entities<T>(doing: string, work: (em: EntityManager) => Promise<T>): Promise<T>;
  /** The same in one transaction (read committed). @throws {ReadModelUnavailable} nothing was stored, or it is unknown whether it was */
  transaction<T>(doing: string, work: (db: Sql) => Promise<T>): Promise<T>;
  /** The same, reading everything as it was at the first query, and writing nothing. @throws {ReadModelUnavailable} */
  snapshot<T>(doing: string, work: (db: Sql) => Promise<T>): Promise<T>;
};

/** A pool of connections, to all read models alike. */
export type Connections = {
  /** The read model in a schema; costs nothing. */
  in(schema: string): Database;
  /** A connection of one's own. Give it back with `release(true)`: that ends its session. @throws {ReadModelUnavailable} */
  session(): Promise<SessionClient>;
  close(): Promise<void>;
};

export type ConnectionOptions = {
  /** Connections at most; default 10. */
  readonly poolSize?: number;
  /** A query that takes longer is given up; default 5000. */
  readonly statementTimeoutMs?: number;
  /** Of a pooled connection; default 30. */
  readonly lifetimeSeconds?: number;
  /**
   * Whether a commit waits until it is on the disk; default true. Without it a crash of Postgres may undo the last commits, whole and from
   * the newest back: fit for rows that move with their checkpoint and are projected again then.
   */
  readonly flushCommits?: boolean;
};

const toOptions = (databaseUrl: string, options: ConnectionOptions): Options => {
  const {
    poolSize = 10,
    statementTimeoutMs = 5000,
    lifetimeSeconds = usualLifetimeSeconds,
    flushCommits = true,
  } = options;
  return {
    clientUrl: databaseUrl,
    entities,
    pool: { min: 0, max: poolSize, idleTimeoutMillis: 30_000 },
    driverOptions: {
      ...(flushCommits ? {} : { options: '-c synchronous_commit=off' }),
      connectionTimeoutMillis: connectTimeoutMs,
      maxLifetimeSeconds: lifetimeSeconds,
      statement_timeout: statementTimeoutMs,
      // the server's own timeout can't fire when the server hangs or the network swallows its answer
      query_timeout: statementTimeoutMs + 1000,
      keepAlive: true,
      application_name: 'kuraxx',
    },
  };
};

/** Opens a pool. Connects when first used, so it needs no database yet. */
export const openConnections = async (databaseUrl: string, options: ConnectionOptions = {}): Promise<Connections> => {
  const orm = await MikroORM.init(toOptions(databaseUrl, options));
  const kysely = orm.em.getKysely<unknown>();
  const session = async (): Promise<SessionClient> => {
    const pool: { connect(): Promise<SessionClient> } = await orm.em.getConnection().getNativeClient();
    return pool.connect();
  };
  const bound = new Map<string, Database>();
  const bind = (schema: string): Database => {
    const db = kysely.withPlugin(bindSchema(schema));
    return {
      run: (doing, work) => guardDatabase(doing, () => work(db)),
      entities: (doing, work) => guardDatabase(doing, () => work(orm.em.fork({ schema }))),
      transaction: (doing, work) => guardDatabase(doing, () => db.transaction().execute(work)),
      snapshot: (doing, work) =>
        guardDatabase(doing, () =>
          db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(work),
        ),
    };
  };
  return {
    in: (schema) => {
      const known = bound.get(schema) ?? bind(schema);
      bound.set(schema, known);
      return known;
    },
    session: () => guardDatabase('open a session', session),
    close: () => orm.close(true),
  };
};
