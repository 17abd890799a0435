import type { Message } from '@kuraxx/contracts';
import type { MessageSnapshot } from '@kuraxx/domain';
import type { Position } from '@kuraxx/event-store';
import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { tables } from '../schema.ts';
import { selectMessages, selectPlacedMessages } from './shapes.ts';

export type HistoryQuery = {
  readonly limit: number;
  /** Id of the last message of the page before. One that is not in the room is ignored; a deleted one works. */
  readonly cursor?: string | undefined;
  /** Only messages made before this time (anything that `Date.parse` takes); ignored when a cursor is given. */
  readonly before?: string | undefined;
};

export type HistoryPage = { messages: Message[]; hasMore: boolean; nextCursor: string | null };

/**
 * Positions and times rise together, save for skew between the senders' clocks. So the highest position among the last
 * thousand messages before a time bounds the scan, and each row's own time is checked as well.
 */
const beforeTime = (roomId: string, before: string) => {
  const at = new Date(before).toISOString();
  return sql`and m.created_at < ${at}::timestamptz and m.sequence <= (select max(t.sequence) from (
    select sequence from ${tables.messages} where room_id = ${roomId} and created_at < ${at}::timestamptz
    order by created_at desc limit 1000) t)`;
};

const afterCursor = (roomId: string, cursor: string) => sql`and m.sequence < coalesce((
  select c.sequence from ${tables.messages} c where c.id = ${cursor} and c.room_id = ${roomId}), 9223372036854775807)`;

/** A page of a room's messages, newest first by position, deleted ones left out. */
export const history = async (database: Database, roomId: string, query: HistoryQuery): Promise<HistoryPage> => {
  const { limit, cursor, before } = query;
  const bound =
    cursor !== undefined ? afterCursor(roomId, cursor) : before !== undefined ? beforeTime(roomId, before) : sql``;
  const page = selectMessages<Message>(
    sql`where m.room_id = ${roomId} and m.deleted_at is null ${bound} order by m.sequence desc limit ${limit + 1}`,
  );
  const { rows } = await database.run('read the history', (db) => page.execute(db));
  const messages = rows.slice(0, limit).map(({ item }) => item);
  const hasMore = rows.length > limit;
  return { messages, hasMore, nextCursor: hasMore ? (messages.at(-1)?.id ?? null) : null };
};

/** A message, also a deleted one (with its content), and where its sending stands in the log. */
export const findMessage = async (
  database: Database,
  id: string,
): Promise<{ message: Message; position: Position } | undefined> => {
  const query = selectPlacedMessages<Message>(sql`where m.id = ${id}`);
  const { rows } = await database.run('find a message', (db) => query.execute(db));
  const row = rows[0];
  if (row === undefined) return undefined;
  const { item: message, ...position } = row;
  return { message, position };
};

/** The same for several; unknown ids have no entry. */
export const findMessages = async (
  database: Database,
  ids: readonly string[],
): Promise<Map<string, { snapshot: MessageSnapshot; position: Position }>> => {
  if (ids.length === 0) return new Map();
  const query = selectPlacedMessages<MessageSnapshot>(sql`where m.id = any(${ids}::text[])`);
  const { rows } = await database.run('find messages', (db) => query.execute(db));
  return new Map(rows.map(({ item: snapshot, ...position }) => [snapshot.id, { snapshot, position }]));
};
