import { type FreshDatabase, freshDatabase } from '@kuraxx/testing';
import { sql } from 'kysely';
import { type Connections, type Database, openConnections } from './database.ts';
import { migrateReadModel } from './migrate.ts';
import { firstSchema, readSchema } from './schema.ts';

/** An empty read model of one test file. */
export type TestDatabase = {
  readonly url: string;
  readonly connections: Connections;
  readonly database: Database;
  close(): Promise<void>;
};

export const openTestDatabase = async (): Promise<TestDatabase> => {
  const fresh: FreshDatabase = await freshDatabase();
  await migrateReadModel(fresh.url);
  const connections = await openConnections(fresh.url);
  const close = async () => {
    await connections.close();
    await fresh.drop();
  };
  return { url: fresh.url, connections, database: connections.in(firstSchema), close };
};

const names = ['users', 'files', 'rooms', 'room_members', 'messages', 'deleted_rooms', 'checkpoints', 'parked'];

/** Everything in the read model, for comparison. */
export const allRows = (database: Database): Promise<Record<string, unknown[]>> =>
  database.run('read all rows', async (db) => {
    const tables: Record<string, unknown[]> = {};
    for (const name of names) {
      const { rows } = await sql<{ row: unknown }>`
        select to_jsonb(t) as row from ${sql.table(`${readSchema}.${name}`)} t order by to_jsonb(t)::text`.execute(db);
      tables[name] = rows.map(({ row }) => row);
    }
    return tables;
  });

export const emptyRows = (database: Database): Promise<void> =>
  database.run('empty the read model', async (db) => {
    const tables = names.map((name) => sql.table(`${readSchema}.${name}`));
    await sql`truncate ${sql.join(tables)}`.execute(db);
  });
