import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { tables } from '../schema.ts';

const tableOf = {
  users: tables.users,
  rooms: tables.rooms,
  members: tables.roomMembers,
  messages: tables.messages,
} as const;

/** What rows are about. */
export type RowKind = keyof typeof tableOf;

/** How many of these ids have a row; members go by the id of their membership. */
export const countThere = async (database: Database, kind: RowKind, ids: readonly string[]): Promise<number> => {
  const { rows } = await database.run(`count ${kind}`, (db) =>
    sql<{ count: number }>`
      select count(*)::float8 as count from ${tableOf[kind]} where id = any(${ids}::text[])`.execute(db),
  );
  return rows[0]?.count ?? 0;
};
