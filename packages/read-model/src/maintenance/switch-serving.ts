import { setTimeout as delay } from 'node:timers/promises';
import type { EventLog, Partition, Serving } from '@kuraxx/event-store';
import { sql } from 'kysely';
import type { Connections, Sql } from '../database.ts';
import { readCheckpoints } from '../projection/checkpoint.ts';
import { firstSchema, tables } from '../schema.ts';
import { MaintenanceRefused } from './refused.ts';
import { headsOf } from './replay.ts';

/** So long the serving read model stands still, at most, for the other one to come up to it. Readers wait so long for writes. */
const waitMs = 1000;
const lookAgainMs = 5;

type Row = Serving & { readonly previous: string | null };

/** The serving read model; nobody else can switch until the transaction ends. */
const lockServing = async (db: Sql): Promise<Row> => {
  const { rows } = await sql<Row>`
    select schema, previous, generation::float8 as generation from ${tables.serving} for update`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error('no read model serves: the table kuraxx.serving is empty');
  return row;
};

/**
 * Rows of the other log don't count: who was built from another one can't be compared by position. Nor do events that the log has lost
 * (a restored backup): nobody ever gets to them.
 *
 * @param heads where the log ends, as of after `from` was made to stand still
 */
const isUpTo = async (
  log: EventLog,
  heads: ReadonlyMap<Partition, number>,
  db: Sql,
  from: string,
  to: string,
): Promise<boolean> => {
  const [serving, other] = [await readCheckpoints(db, from), await readCheckpoints(db, to)];
  return log.partitions.every((partition) => {
    const epoch = log.epochOf(partition);
    const at = serving.get(partition);
    if (at === undefined || at.epoch !== epoch) return true;
    const there = other.get(partition);
    const wanted = Math.min(at.sequence, heads.get(partition) ?? 0);
    return wanted === 0 || (there?.epoch === epoch && there.sequence >= wanted);
  });
};

/**
 * Makes another read model the serving one, in one transaction. At that instant it is at least as far as the one before in
 * every partition: the appliers of the serving one stand still meanwhile, until the other one has come up to it.
 *
 * @param choose says which one, and may refuse by throwing
 * @returns what serves now
 * @throws {MaintenanceRefused} when it is not followed by projectors, or doesn't come up in a second; everything is as before
 */
export const switchServing = (
  connections: Connections,
  log: EventLog,
  choose: (now: Row) => string,
): Promise<Serving & { readonly previous: string }> =>
  connections.in(firstSchema).transaction('switch the read model', async (db) => {
    const now = await lockServing(db);
    const schema = choose(now);
    if (schema === now.schema) throw new MaintenanceRefused(`${schema} serves already`);
    const { rows } = await sql<{ state: string }>`
      select state from ${tables.readModels} where schema = ${schema}`.execute(db);
    if (rows[0] === undefined) throw new MaintenanceRefused(`there is no read model ${schema}`);
    if (rows[0].state !== 'following') {
      throw new MaintenanceRefused(`${schema} is not complete: kuraxx projections rebuild goes on with it`);
    }
    await sql`select from ${sql.table(`${now.schema}.checkpoints`)} order by partition for update`.execute(db);
    const heads = await headsOf(log);
    for (const deadline = Date.now() + waitMs; !(await isUpTo(log, heads, db, now.schema, schema)); ) {
      if (Date.now() > deadline) {
        throw new MaintenanceRefused(
          `${schema} is behind ${now.schema}: does a projector follow it? See projections status`,
        );
      }
      await delay(lookAgainMs);
    }
    const changed = await sql<Serving>`
      update ${tables.serving} set schema = ${schema}, previous = ${now.schema},
        generation = greatest(generation + 1, floor(extract(epoch from now()) * 1000))
      returning schema, generation::float8 as generation`.execute(db);
    const [serving] = changed.rows;
    if (serving === undefined) throw new Error('the switch changed nothing');
    return { ...serving, previous: now.schema };
  });
