import type { PublicUser } from '@kuraxx/contracts';
import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { tables } from '../schema.ts';
import { limitOf, type Page, selectUsers } from './shapes.ts';

/** @returns undefined when there is no such user */
export const findUser = async (database: Database, id: string): Promise<PublicUser | undefined> =>
  (await findUsers(database, [id])).get(id);

/** Several users by id; unknown ids and deleted accounts have no entry. */
export const findUsers = async (database: Database, ids: readonly string[]): Promise<Map<string, PublicUser>> => {
  if (ids.length === 0) return new Map();
  const query = selectUsers<PublicUser>(sql`where u.id = any(${ids}::text[]) and u.deleted_at is null`);
  const { rows } = await database.run('find users', (db) => query.execute(db));
  return new Map(rows.map(({ item }) => [item.id, item]));
};

/** `%`, `_` and `\` stand for themselves. */
const containing = (text: string): string => `%${text.replace(/[\\%_]/g, '\\$&')}%`;

/** Users whose username or display name contains a text in any case, by username, without one user. */
export const searchUsers = async (
  database: Database,
  text: string,
  excludeUserId: string,
  page: Page,
): Promise<{ users: PublicUser[]; total: number }> => {
  const pattern = containing(text);
  const where = sql`where (u.username ilike ${pattern} or u.display_name ilike ${pattern}) 
    and u.id <> ${excludeUserId} and u.deleted_at is null`;
  const query = selectUsers<PublicUser>(sql`${where} order by u.username, u.id ${limitOf(page)}`);
  const count = sql<{ total: number }>`select count(*)::int as total from ${tables.users} u ${where}`;
  return database.run('search users', async (db) => {
    const [{ rows }, { rows: counts }] = await Promise.all([query.execute(db), count.execute(db)]);
    return { users: rows.map(({ item }) => item), total: counts[0]?.total ?? 0 };
  });
};
