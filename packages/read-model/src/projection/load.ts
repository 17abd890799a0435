import { type RawBuilder, sql } from 'kysely';
import type { Sql } from '../database.ts';
import { iso, tables } from '../schema.ts';
import type { Change } from './changes.ts';
import { memberKey, type Rows } from './fold.ts';
import type { FileRow, MemberRow, MessageRow, UserRow } from './rows.ts';

/**
 * Whether a message that is sent is looked up: `all`, or only those that are changed (`changed`), taking it that a sent one isn't there
 * yet. That is nearly always so, and costs a third less; when it is not, writing fails with a unique violation.
 */
export type LookUp = 'all' | 'changed';

/** The keys of all rows that some changes may touch. */
const keysOf = (changes: readonly Change[], lookUp: LookUp) => {
  const added = new Set<string>();
  const users = new Set<string>();
  const files = new Set<string>();
  const rooms = new Set<string>();
  const newRooms = new Set<string>();
  const members = new Map<string, readonly [roomId: string, userId: string]>();
  const messages = new Set<string>();
  const noticeSenders = new Set<string>();
  const member = (roomId: string, userId: string) => members.set(memberKey(roomId, userId), [roomId, userId]);
  for (const change of changes) {
    if ('roomId' in change) rooms.add(change.roomId);
    switch (change.kind) {
      case 'addUser':
        users.add(change.row.id);
        break;
      case 'changeUser':
      case 'eraseUser':
        users.add(change.id);
        break;
      case 'addFile':
        files.add(change.row.id);
        break;
      case 'changeFile':
      case 'removeFile':
        files.add(change.id);
        break;
      case 'addRoom':
        rooms.add(change.row.id);
        newRooms.add(change.row.id);
        break;
      case 'addMember':
        member(change.roomId, change.row.userId);
        break;
      case 'changeMember':
      case 'removeMember':
        member(change.roomId, change.userId);
        break;
      case 'addMessage':
        if (lookUp === 'all') messages.add(change.row.id);
        added.add(change.row.id);
        if (change.row.type === 'SYSTEM') noticeSenders.add(change.row.senderId);
        break;
      case 'editMessage':
      case 'deleteMessage':
        if (lookUp === 'all' || !added.has(change.id)) messages.add(change.id);
        break;
      case 'changeRoom':
      case 'removeRoom':
        break;
    }
  }
  return {
    users: [...users],
    files: [...files],
    rooms: [...rooms],
    newRooms: [...newRooms],
    members: [...members.values()],
    messages: [...messages],
    noticeSenders: [...noticeSenders],
  };
};

/** The rows of a query as one value; without keys its table isn't looked at. */
const listOf = <T>(keys: readonly unknown[], query: RawBuilder<T>): RawBuilder<readonly T[]> =>
  keys.length === 0
    ? sql`'[]'::json`
    : sql`(select coalesce(json_agg(row_to_json(found)), '[]') from (${query}) as found)`;

const byId = <T extends { readonly id: string }>(rows: readonly T[]): Map<string, T> =>
  new Map(rows.map((row) => [row.id, row]));

const usersBy = (ids: readonly string[]) => sql<UserRow>`
  select id, username, display_name as "displayName", avatar_url as "avatarUrl",
    ${iso('created_at')} as "createdAt", ${iso('updated_at')} as "updatedAt", ${iso('deleted_at')} as "deletedAt"
  from ${tables.users} where id = any(${ids}::text[])`;

const filesBy = (ids: readonly string[]) => sql<FileRow>`
  select id, user_id as "userId", status, file_name as "fileName", mime_type as "mimeType",
    file_size::float8 as "fileSize", purpose, use_kind as "useKind", room_id as "roomId", message_id as "messageId",
    ${iso('created_at')} as "createdAt", ${iso('changed_at')} as "changedAt"
  from ${tables.files} where id = any(${ids}::text[])`;

const roomsBy = (ids: readonly string[]) => sql<{ id: string }>`
  select id from ${tables.rooms} where id = any(${ids}::text[])`;

const membersBy = (keys: readonly (readonly [string, string])[]) => sql<MemberRow>`
  select m.id, m.room_id as "roomId", m.user_id as "userId", m.role, ${iso('m.joined_at')} as "joinedAt"
  from unnest(${keys.map(([roomId]) => roomId)}::text[], ${keys.map(([, userId]) => userId)}::text[]) as k (room_id, user_id)
  join ${tables.roomMembers} m on m.room_id = k.room_id and m.user_id = k.user_id`;

const messagesBy = (ids: readonly string[]) => sql<MessageRow>`
  select id, room_id as "roomId", sequence::float8 as sequence, content, type, status, sender_id as "senderId",
    reply_to_id as "replyToId", attachments, ${iso('edited_at')} as "editedAt", ${iso('deleted_at')} as "deletedAt",
    ${iso('created_at')} as "createdAt", ${iso('updated_at')} as "updatedAt"
  from ${tables.messages} where id = any(${ids}::text[])`;

const deletedBy = (ids: readonly string[]) => sql<{ id: string }>`
  select id from ${tables.deletedRooms} where id = any(${ids}::text[])`;

const erasedBy = (ids: readonly string[]) => sql<{ id: string }>`
  select id from ${tables.users} where id = any(${ids}::text[]) and deleted_at is not null`;

const idsIn = (rows: readonly { readonly id: string }[]): ReadonlySet<string> => new Set(rows.map(({ id }) => id));

type Found = {
  readonly users: readonly UserRow[];
  readonly files: readonly FileRow[];
  readonly rooms: readonly { readonly id: string }[];
  readonly members: readonly MemberRow[];
  readonly messages: readonly MessageRow[];
  readonly deletedRooms: readonly { readonly id: string }[];
  readonly erased: readonly { readonly id: string }[];
};

/** Reads every row that the changes may touch, by primary key, in one trip to the database. */
export const loadRows = async (db: Sql, changes: readonly Change[], lookUp: LookUp): Promise<Rows> => {
  const keys = keysOf(changes, lookUp);
  const query = sql<Found>`select
    ${listOf(keys.users, usersBy(keys.users))} as users,
    ${listOf(keys.files, filesBy(keys.files))} as files,
    ${listOf(keys.rooms, roomsBy(keys.rooms))} as rooms,
    ${listOf(keys.members, membersBy(keys.members))} as members,
    ${listOf(keys.messages, messagesBy(keys.messages))} as messages,
    ${listOf(keys.newRooms, deletedBy(keys.newRooms))} as "deletedRooms",
    ${listOf(keys.noticeSenders, erasedBy(keys.noticeSenders))} as erased`;
  const [found] = (await query.execute(db)).rows;
  if (found === undefined) throw new Error('a select without from gave no row');
  return {
    users: byId(found.users),
    files: byId(found.files),
    rooms: idsIn(found.rooms),
    members: new Map(found.members.map((row) => [memberKey(row.roomId, row.userId), row])),
    messages: byId(found.messages),
    deletedRooms: idsIn(found.deletedRooms),
    erased: idsIn(found.erased),
  };
};
