import { sql } from 'kysely';
import type { Database } from './database.ts';
import { Presence } from './entities/index.ts';
import { tables } from './schema.ts';

/** Somebody came or went. Times are ISO 8601; `lastSeenAt: null` keeps the one that is known. */
export type PresenceChange = {
  readonly userId: string;
  readonly isOnline: boolean;
  readonly lastSeenAt: string | null;
  /** When it happened: an older change never overwrites a newer one. */
  readonly at: string;
};

/** Stores changes in one statement; of several about one user the latest by `at` counts. @throws {ReadModelUnavailable} */
export const setPresence = async (database: Database, changes: readonly PresenceChange[]): Promise<void> => {
  const latest = new Map<string, PresenceChange>();
  for (const change of changes) {
    const known = latest.get(change.userId);
    if (known !== undefined && Date.parse(known.at) > Date.parse(change.at)) continue;
    latest.set(change.userId, { ...change, lastSeenAt: change.lastSeenAt ?? known?.lastSeenAt ?? null });
  }
  // in one order everywhere, so that two writers can't wait for each other
  const rows = [...latest.values()].sort((a, b) => (a.userId < b.userId ? -1 : 1));
  if (rows.length === 0) return;
  await database.run('store presence', (db) =>
    sql`insert into ${tables.presence} as p (user_id, is_online, last_seen_at, at)
      select * from unnest(
        ${rows.map((r) => r.userId)}::text[], ${rows.map((r) => r.isOnline)}::boolean[],
        ${rows.map((r) => r.lastSeenAt)}::timestamptz[], ${rows.map((r) => r.at)}::timestamptz[])
      on conflict (user_id) do update set
        is_online = excluded.is_online, last_seen_at = coalesce(excluded.last_seen_at, p.last_seen_at), at = excluded.at
      where p.at <= excluded.at`.execute(db),
  );
};

/** Ids of all users that are stored as online. @throws {ReadModelUnavailable} */
export const findOnline = async (database: Database): Promise<string[]> => {
  const rows = await database.entities('find who is online', (em) =>
    em.find(Presence, { isOnline: true }, { fields: ['userId'] }),
  );
  return rows.map(({ userId }) => userId);
};
