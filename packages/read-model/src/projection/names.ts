import type { Partition, StoredEvent } from '@kuraxx/event-store';
import { sql } from 'kysely';
import type { Sql } from '../database.ts';

/** Any number that nobody else in the database takes for an advisory lock; see also `locks.ts`. */
const namesLock = 0x4b55524e;

/** For those who write SYSTEM messages, or might write one back as it was read. */
export const sharedNamesLock = sql`pg_advisory_xact_lock_shared(${namesLock}::bigint)`;

/**
 * Accounts and rooms are projected side by side, so a SYSTEM message and the deletion of who it names may come in either
 * order, or at once. Who writes such messages and who takes names away wait for each other: the later one sees what the earlier one did.
 * Held to the end of the transaction, and taken by a statement before those that read.
 */
export const lockNames = async (db: Sql, partition: Partition, events: readonly StoredEvent[]): Promise<void> => {
  if (partition !== 'accounts') await sql`select ${sharedNamesLock}`.execute(db);
  else if (events.some(({ type }) => type === 'AccountDeleted'))
    await sql`select pg_advisory_xact_lock(${namesLock}::bigint)`.execute(db);
};
