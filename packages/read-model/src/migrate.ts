import { Migrator } from '@mikro-orm/migrations';
import { MikroORM } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import { type Connections, openConnections } from './database.ts';
import { guardDatabase, isLockTaken, ReadModelUnavailable } from './errors.ts';
import { lastingMigrations, readMigrations } from './migrations/index.ts';
import { listModels } from './models.ts';
import { firstSchema, lastingSchema, numberOfSchema, tables } from './schema.ts';

/** Any number that nobody else in the database takes for an advisory lock. */
const migrationLock = 0x4b55524d;

/** Long enough for another process's migration or for one that rewrites a table. */
const migrationTimeoutMs = 10 * 60_000;

/** So long a migration waits for tables that others use: whoever comes to them meanwhile waits behind it. */
const lockTimeoutMs = 2000;

/**
 * Runs the migrations of a list that have not run in each schema yet.
 *
 * @throws {ReadModelUnavailable} also when others have used a table all the time, as a backup does: nothing was changed then
 */
const runMigrations = async (
  databaseUrl: string,
  list: typeof readMigrations,
  schemas: readonly string[],
): Promise<void> => {
  const orm = await MikroORM.init({
    clientUrl: databaseUrl,
    entities: [],
    discovery: { warnWhenNoEntities: false },
    extensions: [Migrator],
    pool: { min: 0, max: 1 },
    driverOptions: {
      statement_timeout: migrationTimeoutMs,
      lock_timeout: lockTimeoutMs,
      application_name: 'kuraxx',
    },
    migrations: { tableName: 'migrations', migrationsList: [...list], snapshot: false, silent: true },
  });
  try {
    for (const schema of schemas) {
      await guardDatabase(`migrate ${schema}`, () => orm.migrator.up({ schema })).catch((error: unknown) => {
        if (!isLockTaken(error)) throw error;
        throw new ReadModelUnavailable(`migrate ${schema}: its tables are in use all the time`, { cause: error });
      });
    }
  } finally {
    await orm.close(true);
  }
};

/** One process at a time: the others wait for the lock, and find everything done. */
const inTurn = async <T>(databaseUrl: string, work: (connections: Connections) => Promise<T>): Promise<T> => {
  const connections = await openConnections(databaseUrl, { poolSize: 2, statementTimeoutMs: migrationTimeoutMs });
  try {
    const session = await connections.session();
    try {
      await session.query('select pg_advisory_lock($1)', [migrationLock]);
      return await work(connections);
    } finally {
      session.release(true); // ends the session, and with it the lock
    }
  } finally {
    await connections.close();
  }
};

const migrateAll = async (databaseUrl: string, connections: Connections): Promise<void> => {
  await runMigrations(databaseUrl, lastingMigrations, [lastingSchema]);
  const { rows } = await connections
    .in(firstSchema)
    .run('list the read models', (db) => sql<{ schema: string }>`select schema from ${tables.readModels}`.execute(db));
  await runMigrations(
    databaseUrl,
    readMigrations,
    rows.map(({ schema }) => schema),
  );
};

/**
 * Brings every read model's schema up to date. Idempotent; of several processes that start at once one does it and the others wait.
 *
 * @throws {ReadModelUnavailable} when the database is away: try again later
 */
export const migrateReadModel = (databaseUrl: string): Promise<void> =>
  inTurn(databaseUrl, (connections) => migrateAll(databaseUrl, connections));

/**
 * Makes an empty read model in a schema of its own, beside the one that serves; projectors leave it alone until it is `following`. One that
 * is there stays, with its rows, and is brought up to date. What a crash left of one that isn't listed (any more) is removed first.
 *
 * @param schema `read_<n>`
 * @throws {ReadModelUnavailable}
 */
export const createReadModel = (databaseUrl: string, schema: string): Promise<void> =>
  inTurn(databaseUrl, async (connections) => {
    numberOfSchema(schema); // throws for a name that is none
    await runMigrations(databaseUrl, lastingMigrations, [lastingSchema]);
    const isListed = (await listModels(connections.in(firstSchema))).some((model) => model.schema === schema);
    if (!isListed) {
      await connections
        .in(schema)
        .run('remove what is left', (db) => sql`drop schema if exists ${sql.id(schema)} cascade`.execute(db));
    }
    await runMigrations(databaseUrl, readMigrations, [schema]); // the one that serves is left alone
    await connections.in(schema).run('note the read model', (db) =>
      sql`insert into ${tables.readModels} (schema, state) values (${schema}, 'building')
        on conflict do nothing`.execute(db),
    );
  });
