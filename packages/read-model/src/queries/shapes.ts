import { type RawBuilder, sql } from 'kysely';
import { iso, tables } from '../schema.ts';

// Fragments that build the wire's objects in SQL, with its key order: a query needs one round trip, whatever is embedded.

/** A page of a page-numbered list: `page` from 1, `limit` rows each. */
export type Page = { readonly page: number; readonly limit: number };

export const limitOf = ({ page, limit }: Page) => sql`limit ${limit} offset ${(page - 1) * limit}`;

/** A public user from the aliases `u` (users) and `p` (presence). */
const publicUser = sql`json_build_object(
  'id', u.id, 'username', u.username, 'displayName', u.display_name, 'avatarUrl', u.avatar_url,
  'isOnline', coalesce(p.is_online, false) and u.deleted_at is null,
  'lastSeenAt', case when u.deleted_at is null then ${iso('p.last_seen_at')} end)`;

/** Users (alias `u`) with their presence as one column `item`. */
export const selectUsers = <T>(rest: RawBuilder<unknown>) => sql<{ item: T }>`
  select ${publicUser} as item from ${tables.users} u left join ${tables.presence} p on p.user_id = u.id ${rest}`;

/** A member from alias `m`; one whose users row isn't there yet (the accounts are projected apart) goes by the id. */
const member = sql`json_build_object(
  'id', m.id, 'userId', m.user_id, 'roomId', m.room_id, 'role', m.role, 'joinedAt', ${iso('m.joined_at')},
  'user', case when u.id is not null then ${publicUser} else json_build_object(
    'id', m.user_id, 'username', m.user_id, 'displayName', m.user_id, 'avatarUrl', null,
    'isOnline', coalesce(p.is_online, false), 'lastSeenAt', ${iso('p.last_seen_at')}) end)`;

const memberJoins = sql`left join ${tables.users} u on u.id = m.user_id left join ${tables.presence} p on p.user_id = m.user_id`;

/** Members (alias `m`) with their users as one column `item`. */
export const selectMembers = <T>(rest: RawBuilder<unknown>) => sql<{ item: T }>`
  select ${member} as item from ${tables.roomMembers} m ${memberJoins} ${rest}`;

/** The members of room `r` in the order of joining, as a JSON array; `limit` null: all. */
const membersOfRoom = (limit: number | null) => sql`(
  select coalesce(json_agg(${member} order by m.joined_at, m.user_id), '[]'::json)
  from (select * from ${tables.roomMembers} m where m.room_id = r.id order by m.joined_at, m.user_id limit ${limit}) m
  ${memberJoins})`;

/** Rooms (alias `r`) with embedded members and `_count` as one column `item`. */
export const selectRooms = <T>(
  { members, detailed }: { members: number | null; detailed: boolean },
  rest: RawBuilder<unknown>,
) => sql<{ item: T }>`
  select json_build_object(
    'id', r.id, 'name', r.name, 'description', r.description, 'type', r.type, 'avatarUrl', r.avatar_url,
    'createdById', r.created_by_id, 'createdAt', ${iso('r.created_at')}, 'updatedAt', ${iso('r.updated_at')},
    'topics', r.topics, 'members', ${membersOfRoom(members)},
    '_count', ${
      detailed
        ? sql`json_build_object('messages', r.message_count, 'members', r.member_count, 'posts', 0, 'resources', 0)`
        : sql`json_build_object('messages', r.message_count, 'members', r.member_count)`
    }) as item
  from ${tables.rooms} r ${rest}`;

/** The eleven plain fields of a message from an alias. */
const plainMessage = (alias: 'm' | 'q') => sql`
  'id', ${sql.ref(`${alias}.id`)}, 'content', ${sql.ref(`${alias}.content`)}, 'type', ${sql.ref(`${alias}.type`)},
  'status', ${sql.ref(`${alias}.status`)}, 'roomId', ${sql.ref(`${alias}.room_id`)},
  'senderId', ${sql.ref(`${alias}.sender_id`)}, 'replyToId', ${sql.ref(`${alias}.reply_to_id`)},
  'editedAt', ${iso(`${alias}.edited_at`)}, 'deletedAt', ${iso(`${alias}.deleted_at`)},
  'createdAt', ${iso(`${alias}.created_at`)}, 'updatedAt', ${iso(`${alias}.updated_at`)}`;

/** A message from `m`, its sender as they are now (by the id as long as the accounts lag behind), and the replied message as it is now. */
const message = sql`json_build_object(${plainMessage('m')},
  'sender', case when u.id is not null then ${publicUser} else json_build_object(
    'id', m.sender_id, 'username', m.sender_id, 'displayName', m.sender_id, 'avatarUrl', null,
    'isOnline', coalesce(p.is_online, false), 'lastSeenAt', ${iso('p.last_seen_at')}) end,
  'attachments', m.attachments,
  'replyTo', case when q.id is not null then json_build_object(${plainMessage('q')}) end)`;

const messageJoins = sql`
  left join ${tables.users} u on u.id = m.sender_id
  left join ${tables.presence} p on p.user_id = m.sender_id
  left join ${tables.messages} q on q.id = m.reply_to_id`;

/** The messages that `rest` picks (alias `m`), newest first, as one column `item`. Picked before the joins: no row is joined in vain. */
export const selectMessages = <T>(rest: RawBuilder<unknown>) => sql<{ item: T }>`
  select ${message} as item from (select * from ${tables.messages} m ${rest}) m ${messageJoins} order by m.sequence desc`;

/** The same with the position of their sending: rows of one partition all come from its checkpoint's epoch. */
export const selectPlacedMessages = <T>(rest: RawBuilder<unknown>) => sql<{
  item: T;
  epoch: string;
  partition: number;
  sequence: number;
}>`
  select ${message} as item, c.epoch, r.partition, m.sequence::float8 as sequence
  from ${tables.messages} m
  join ${tables.rooms} r on r.id = m.room_id
  join ${tables.checkpoints} c on c.partition = r.partition::text
  ${messageJoins} ${rest}`;
