import { Migrator } from '@mikro-orm/migrations';
import { type EntityManager, MikroORM, type Options } from '@mikro-orm/postgresql';
import type { Kysely } from 'kysely';
import { entities } from './entities/index.ts';
import { meansUnavailable, ReadModelUnavailable } from './errors.ts';
import { FilesMigration } from './migrations/files.ts';
import { Migration1 } from './migrations/first.ts';
import { lastingSchema } from './schema.ts';

/** How long to wait for a connection before saying that the database is away. */
const connectTimeoutMs = 2000;

/** Raw SQL goes through kysely, which doesn't know our tables' types. */
export type Sql = Kysely<unknown>;

/** What a session needs of the driver's client, which has no types of its own here. */
export type SessionClient = {
  query(text: string, values?: readonly unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
  on(event: 'error' | 'end', listener: (error?: Error) => void): void;
  release(destroy: boolean): void;
};

export type Database = {
  /** Runs SQL on a pooled connection. @throws {ReadModelUnavailable} naming what was being done */
  run<T>(doing: string, work: (db: Sql) => Promise<T>): Promise<T>;
  /** The same with entities; a fresh identity map each time. @throws {ReadModelUnavailable} */
  entities<T>(doing: string, work: (em: EntityManager) => Promise<T>): Promise<T>;
  /** The same in one transaction (read committed). @throws {ReadModelUnavailable} nothing was stored, or it is unknown whether it was */
  transaction<T>(doing: string, work: (db: Sql) => Promise<T>): Promise<T>;
  /** A connection of one's own. Give it back with `release(true)`: that ends its session. @throws {ReadModelUnavailable} */
  session(): Promise<SessionClient>;
  migrate(): Promise<void>;
  close(): Promise<void>;
};

const guard = async <T>(doing: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (!meansUnavailable(error)) throw error;
    throw new ReadModelUnavailable(`${doing}: the database is away or not migrated yet`, { cause: error });
  }
};

const toOptions = (databaseUrl: string, poolSize: number, statementTimeoutMs: number): Options => ({
  clientUrl: databaseUrl,
  entities,
  extensions: [Migrator],
  pool: { min: 0, max: poolSize, idleTimeoutMillis: 30_000 },
  driverOptions: {
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    // the server's own timeout can't fire when the server hangs or the network swallows its answer
    query_timeout: statementTimeoutMs + 1000,
    keepAlive: true,
    application_name: 'kuraxx',
  },
  migrations: {
    tableName: 'migrations',
    schema: lastingSchema,
    migrationsList: [
      { name: 'read_1', class: Migration1 },
      { name: 'read_1_files', class: FilesMigration },
    ],
    snapshot: false,
    silent: true,
  },
  // only what is in the schemas of this package is ours
  schemaGenerator: { ignoreSchema: ['public'] },
});

/** Opens a pool. Connects when first used, so it needs no database yet. */
export const openDatabase = async (
  databaseUrl: string,
  { poolSize = 10, statementTimeoutMs = 5000 }: { poolSize?: number; statementTimeoutMs?: number } = {},
): Promise<Database> => {
  const orm = await MikroORM.init(toOptions(databaseUrl, poolSize, statementTimeoutMs));
  const kysely = orm.em.getKysely<unknown>();
  const session = async (): Promise<SessionClient> => {
    const pool: { connect(): Promise<SessionClient> } = await orm.em.getConnection().getNativeClient();
    return pool.connect();
  };
  return {
    run: (doing, work) => guard(doing, () => work(kysely)),
    entities: (doing, work) => guard(doing, () => work(orm.em.fork())),
    transaction: (doing, work) => guard(doing, () => kysely.transaction().execute(work)),
    session: () => guard('open a session', session),
    migrate: () => guard('migrate', async () => void (await orm.migrator.up())),
    close: () => orm.close(true),
  };
};
