/**
 * The floor of a replay: the very rows of a read model, which are in memory already, written to tables with the same indexes as fast as
 * bare `unnest` inserts go, over as many connections as a replay has. Nothing is read, decoded, looked up or counted.
 */
import pg from 'pg';
import { bareInput } from './outputs.ts';
import { programInput, programOutput, stopwatch } from './program.ts';

const { databaseUrl, schema, connections } = programInput(bareInput);
/** As many as a replay puts into one transaction. */
const rowsPerInsert = 2000;
const target = 'bare';

type Insert = {
  readonly text: string;
  readonly columns: readonly (readonly (string | null)[])[];
  readonly rows: number;
};
type Column = { readonly name: string; readonly type: string };

const pool = new pg.Pool({ connectionString: databaseUrl, max: connections });
const { rows: tables } = await pool.query<{ table: string; columns: Column[] }>(
  `select relname as table, (
     select json_agg(json_build_object('name', attname, 'type', format_type(atttypid, atttypmod)) order by attnum)
     from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped) as columns
   from pg_class c where relnamespace = $1::regnamespace and relkind = 'r' and relname not in ('migrations', 'checkpoints')`,
  [schema],
);

/** The rows in the order in which they were written, as columns. */
const insertsOf = async (table: string, columns: readonly Column[]): Promise<Insert[]> => {
  const names = columns.map(({ name }) => name).join(', ');
  const values = columns.map(({ name }) => `${name}::text`).join(', ');
  const { rows } = await pool.query<(string | null)[]>({
    text: `select ${values} from ${schema}.${table} order by ctid`,
    rowMode: 'array',
  });
  const arrays = columns.map(({ type }, index) => `$${index + 1}::${type}[]`).join(', ');
  const text = `insert into ${target}.${table} (${names}) select * from unnest(${arrays})`;
  const inserts: Insert[] = [];
  for (let from = 0; from < rows.length; from += rowsPerInsert) {
    const part = rows.slice(from, from + rowsPerInsert);
    inserts.push({
      text,
      columns: columns.map((_, index) => part.map((row) => row[index] ?? null)),
      rows: part.length,
    });
  }
  return inserts;
};

await pool.query(`drop schema if exists ${target} cascade`);
await pool.query(`create schema ${target}`);
const inserts: Insert[] = [];
for (const { table, columns } of tables) {
  await pool.query(`create table ${target}.${table} (like ${schema}.${table} including all)`);
  inserts.push(...(await insertsOf(table, columns)));
}
const queue = inserts.values(); // shared: each is taken once
const write = async (): Promise<void> => {
  for (const { text, columns } of queue) await pool.query(text, [...columns]);
};
globalThis.gc?.();
const stop = stopwatch();
await Promise.all(Array.from({ length: connections }, write));
const taken = stop();
await pool.query(`drop schema ${target} cascade`);
await pool.end();
programOutput({ rows: inserts.reduce((sum, { rows }) => sum + rows, 0), ...taken });
