import type { Database } from './database.ts';
import { ReadModelRow } from './entities/index.ts';

/**
 * A read model in a schema of its own. `following`: projectors keep it up to date; `building`: only who builds it does, and when
 * nobody does any more it stands still.
 */
export type ModelState = { readonly schema: string; readonly state: 'building' | 'following' };

/** All read models, the oldest first. @throws {ReadModelUnavailable} */
export const listModels = async (database: Database): Promise<ModelState[]> => {
  const rows = await database.entities('list the read models', (em) =>
    em.find(ReadModelRow, {}, { orderBy: { createdAt: 'asc' } }),
  );
  return rows.map(({ schema, state }) => ({ schema, state }));
};
