import { sql } from 'kysely';
import type { Database } from './database.ts';
import { ReadModelRow } from './entities/index.ts';
import { tables } from './schema.ts';

/**
 * `following`: projectors keep it up to date. `building`: a rebuild fills it, or was broken off. `comparing`: complete, but standing still
 * while it is compared with the serving one (or since that was broken off by a crash).
 */
export type State = 'building' | 'following' | 'comparing';

/** A read model in a schema of its own. */
export type ModelState = { readonly schema: string; readonly state: State };

/** All read models, the oldest first. @throws {ReadModelUnavailable} */
export const listModels = async (database: Database): Promise<ModelState[]> => {
  const rows = await database.entities('list the read models', (em) =>
    em.find(ReadModelRow, {}, { orderBy: { createdAt: 'asc' } }),
  );
  return rows.map(({ schema, state }) => ({ schema, state }));
};

/** Tells projectors whether to follow it; they look twice a second. @throws {ReadModelUnavailable} */
export const setState = async (database: Database, schema: string, state: State): Promise<void> => {
  await database.run('change the state of a read model', (db) =>
    sql`update ${tables.readModels} set state = ${state} where schema = ${schema}`.execute(db),
  );
};
