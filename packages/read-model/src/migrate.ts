import { type Database, openDatabase } from './database.ts';

/** Any number that nobody else in the database takes for an advisory lock. */
const migrationLock = 0x4b55524d;

/** Runs pending migrations, one process at a time; `lock_timeout` doesn't count here, so wait for the other one. */
export const migrate = async (database: Database): Promise<void> => {
  const session = await database.session();
  try {
    await session.query('select pg_advisory_lock($1)', [migrationLock]);
    await database.migrate();
  } finally {
    session.release(true); // ends the session, and with it the lock
  }
};

/** Long enough for another process's migration or for one that rewrites a table. */
const migrationTimeoutMs = 10 * 60_000;

/**
 * Brings the schema up to date. Idempotent; of several processes that start at once one does it and the others wait.
 *
 * @throws {ReadModelUnavailable} when the database is away: try again later
 */
export const migrateReadModel = async (databaseUrl: string): Promise<void> => {
  const database = await openDatabase(databaseUrl, { poolSize: 2, statementTimeoutMs: migrationTimeoutMs });
  try {
    await migrate(database);
  } finally {
    await database.close();
  }
};
