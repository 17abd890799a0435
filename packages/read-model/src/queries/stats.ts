import type { Stats } from '@kuraxx/contracts';
import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { tables } from '../schema.ts';

const dayMs = 24 * 60 * 60 * 1000;

/** Figures of the whole system as of `now`; today began at this process's local midnight. Messages count deleted and SYSTEM ones. */
export const readStats = async (database: Database, now: Date): Promise<Stats> => {
  const midnight = new Date(now);
  midnight.setHours(0, 0, 0, 0);
  const dayAgo = new Date(now.getTime() - dayMs).toISOString();
  // All rooms are counted, so all are read anyway: an index over the last message, which each message would have to change, would save nothing
  const query = sql<Stats>`select
    (select count(*)::int from ${tables.presence} where is_online) as "onlineUsers",
    (select count(*)::int from ${tables.users} where deleted_at is null) as "totalUsers",
    (select count(*)::int from ${tables.messages} where created_at >= ${midnight.toISOString()}::timestamptz)
      as "messagesToday",
    count(*) filter (where last_message_at >= ${dayAgo}::timestamptz)::int as "activeRooms",
    count(*)::int as "totalRooms",
    coalesce(sum(message_count), 0)::float8 as "messagesTotal"
    from ${tables.rooms}`;
  const { rows } = await database.run('read the stats', (db) => query.execute(db));
  const [stats] = rows;
  if (stats === undefined) throw new Error('an aggregate without groups gave no row');
  return stats;
};
