import type { EventLog } from '@kuraxx/event-store';
import { pause } from '@kuraxx/runtime';
import { sql } from 'kysely';
import type { Connections } from '../database.ts';
import type { Projection } from '../projection/projections.ts';
import { firstSchema, numberOfSchema, tables } from '../schema.ts';
import { holdPartitions, letGo } from './hold.ts';
import { MaintenanceRefused } from './refused.ts';

/** A query that still reads from it is waited for; others that come meanwhile are held up, so not for long. */
const lockTimeoutMs = 1000;
const attempts = 10;

const forget = (connections: Connections, schema: string): Promise<void> =>
  connections.in(firstSchema).transaction('forget a read model', async (db) => {
    const { rows } = await sql<{ schema: string }>`select schema from ${tables.serving} for update`.execute(db);
    if (rows[0]?.schema === schema) throw new MaintenanceRefused(`${schema} serves: switch to another one first`);
    // deleting it makes projectors let go, and the way back to it is gone
    await sql`delete from ${tables.readModels} where schema = ${schema}`.execute(db);
  });

const dropSchema = (connections: Connections, schema: string): Promise<void> =>
  connections.in(firstSchema).transaction('drop a read model', async (db) => {
    await sql`select set_config('lock_timeout', ${String(lockTimeoutMs)}, true)`.execute(db);
    await sql`drop schema if exists ${sql.id(schema)} cascade`.execute(db);
  });

const lockNotAvailable = '55P03';

const isLockTimeout = (error: unknown): boolean =>
  error instanceof Error && (('code' in error && error.code === lockNotAvailable) || isLockTimeout(error.cause));

/**
 * Removes a read model that doesn't serve, with all its rows. Readers that have not heard yet that another one serves go on with
 * that one. What a crash leaves behind is removed by calling it again.
 *
 * @throws {MaintenanceRefused} when it serves, or somebody keeps working on it
 */
export const dropReadModel = async (
  connections: Connections,
  log: EventLog,
  projection: Projection,
  signal: AbortSignal,
): Promise<void> => {
  const { schema } = projection;
  numberOfSchema(schema); // nothing else is dropped
  await forget(connections, schema);
  const held = await holdPartitions(projection, log.partitions, signal);
  try {
    for (let attempt = 1; ; attempt++) {
      try {
        return await dropSchema(connections, schema);
      } catch (error) {
        if (!isLockTimeout(error) || attempt === attempts) throw error;
        await pause(lockTimeoutMs, signal);
      }
    }
  } finally {
    await letGo(held);
  }
};
