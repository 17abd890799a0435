import { sql } from 'kysely';
import type { Sql } from '../database.ts';

/** What is in a table, whatever the order of its rows: equal rows give equal fingerprints. */
export type Fingerprint = { readonly rows: number /** 16 hexadecimal digits. */; readonly hash: string };

/** Columns by table. */
export type Shape = ReadonlyMap<string, readonly string[]>;

/** How far the rows are is no part of what they say. */
const bookkeeping = ['migrations', 'checkpoints', 'parked'];

/** The tables of a read model with their columns, all in alphabetical order: new ones are found by themselves. */
export const readShape = async (db: Sql, schema: string): Promise<Shape> => {
  const { rows } = await sql<{ table: string; columns: string[] }>`
    select table_name as table, array_agg(column_name::text order by column_name collate "C") as columns
    from information_schema.columns
    where table_schema = ${schema} and table_name <> all(${bookkeeping}::text[])
    group by table_name order by table_name collate "C"`.execute(db);
  return new Map(rows.map(({ table, columns }) => [table, columns]));
};

/**
 * Counts rows and adds up a hash of each, so that their order doesn't matter. Times are hashed as UTC whatever the session's zone is.
 *
 * @param columns in the order in which they are hashed
 */
export const fingerprint = async (
  db: Sql,
  schema: string,
  table: string,
  columns: readonly string[],
): Promise<Fingerprint> => {
  await sql`set local timezone to 'UTC'`.execute(db);
  await sql`set local max_parallel_workers_per_gather to 0`.execute(db); // one core of the database is enough to take from its readers
  const row = sql.join(columns.map((column) => sql.ref(column)));
  const { rows } = await sql<{ rows: number; sum: string }>`
    select count(*)::float8 as rows,
      coalesce(sum(('x' || substr(md5(row(${row})::text), 1, 16))::bit(64)::bigint::numeric), 0)::text as sum
    from ${sql.table(`${schema}.${table}`)}`.execute(db);
  const [found] = rows;
  if (found === undefined) throw new Error('an aggregate gave no row');
  return { rows: found.rows, hash: BigInt.asUintN(64, BigInt(found.sum)).toString(16).padStart(16, '0') };
};
