import { sql } from 'kysely';
import { openDatabase } from './database.ts';
import { tables } from './schema.ts';

/**
 * Empties everything that can be rebuilt from the log, checkpoints included, in one transaction; presence stays.
 * Running projectors notice it and start again from the beginning, and so do those that are started later.
 *
 * @throws {ReadModelUnavailable}
 */
export const emptyReadModel = async (databaseUrl: string): Promise<void> => {
  // the checkpoints first, as appliers do: they wait for each other instead of blocking each other
  const { presence: _presence, checkpoints, ...others } = tables;
  const rebuilt = [checkpoints, ...Object.values(others)];
  const database = await openDatabase(databaseUrl, { poolSize: 1 });
  try {
    await database.run('empty the read model', (db) => sql`truncate ${sql.join(rebuilt)}`.execute(db));
  } finally {
    await database.close();
  }
};
