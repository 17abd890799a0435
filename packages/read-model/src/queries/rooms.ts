import type { DetailedRoom, ListedRoom, Member } from '@kuraxx/contracts';
import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { RoomMember } from '../entities/index.ts';
import { tables } from '../schema.ts';
import { limitOf, type Page, selectMembers, selectRooms } from './shapes.ts';

/** A room with all its members. @returns undefined when there is no such room, or no longer */
export const findRoom = async (database: Database, roomId: string): Promise<DetailedRoom | undefined> => {
  const query = selectRooms<DetailedRoom>({ members: null, detailed: true }, sql`where r.id = ${roomId}`);
  const { rows } = await database.run('find a room', (db) => query.execute(db));
  return rows[0]?.item;
};

/** Rooms that a user is in, the last updated first. `total` is of all pages. */
export const listRooms = async (
  database: Database,
  userId: string,
  page: Page,
): Promise<{ rooms: ListedRoom[]; total: number }> => {
  const query = selectRooms<ListedRoom>(
    { members: null, detailed: false },
    sql`join ${tables.roomMembers} mine on mine.room_id = r.id and mine.user_id = ${userId}
      order by r.updated_at desc, r.id ${limitOf(page)}`,
  );
  const count = sql<{ total: number }>`
    select count(*)::int as total from ${tables.roomMembers} m join ${tables.rooms} r on r.id = m.room_id
    where m.user_id = ${userId}`;
  return database.run('list rooms', async (db) => {
    const [{ rows }, { rows: counts }] = await Promise.all([query.execute(db), count.execute(db)]);
    return { rooms: rows.map(({ item }) => item), total: counts[0]?.total ?? 0 };
  });
};

/** Public rooms that a user is not in, the newest first, with the first five members each. */
export const discoverRooms = async (
  database: Database,
  userId: string,
  page: Page,
): Promise<{ rooms: ListedRoom[]; total: number }> => {
  const where = sql`where r.type = 'PUBLIC' and not exists (
    select from ${tables.roomMembers} mine where mine.room_id = r.id and mine.user_id = ${userId})`;
  const query = selectRooms<ListedRoom>(
    { members: 5, detailed: false },
    sql`${where} order by r.created_at desc, r.id ${limitOf(page)}`,
  );
  const count = sql<{ total: number }>`select count(*)::int as total from ${tables.rooms} r ${where}`;
  return database.run('discover rooms', async (db) => {
    const [{ rows }, { rows: counts }] = await Promise.all([query.execute(db), count.execute(db)]);
    return { rooms: rows.map(({ item }) => item), total: counts[0]?.total ?? 0 };
  });
};

/** Members of a room in the order of joining. */
export const listMembers = async (
  database: Database,
  roomId: string,
  page: Page,
): Promise<{ members: Member[]; total: number }> => {
  const query = selectMembers<Member>(
    sql`where m.room_id = ${roomId} order by m.joined_at, m.user_id ${limitOf(page)}`,
  );
  const count = sql<{ total: number }>`
    select count(*)::int as total from ${tables.roomMembers} where room_id = ${roomId}`;
  return database.run('list members', async (db) => {
    const [{ rows }, { rows: counts }] = await Promise.all([query.execute(db), count.execute(db)]);
    return { members: rows.map(({ item }) => item), total: counts[0]?.total ?? 0 };
  });
};

/** One member of a room. @returns undefined when the user is not in it */
export const membersOf = async (database: Database, roomId: string, userId: string): Promise<Member | undefined> => {
  const query = selectMembers<Member>(sql`where m.room_id = ${roomId} and m.user_id = ${userId}`);
  const { rows } = await database.run('find a member', (db) => query.execute(db));
  return rows[0]?.item;
};

/** The ids of the rooms that each user is in; every user asked for has an entry. */
export const roomsOf = async (database: Database, userIds: readonly string[]): Promise<Map<string, string[]>> => {
  const rooms = new Map<string, string[]>(userIds.map((userId) => [userId, []]));
  const rows = await database.entities('find the rooms of users', (em) =>
    em.find(RoomMember, { userId: { $in: [...userIds] } }, { fields: ['userId', 'roomId'], disableIdentityMap: true }),
  );
  for (const { userId, roomId } of rows) rooms.get(userId)?.push(roomId);
  return rooms;
};
