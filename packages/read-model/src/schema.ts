import { sql } from 'kysely';

/** The schema of this version of the read models: all in it can be rebuilt from the log. */
export const readSchema = 'read_1';

/** What the log can't rebuild (presence), and the list of migrations that ran. */
export const lastingSchema = 'kuraxx';

const inReadSchema = (name: string) => sql.table(`${readSchema}.${name}`);

/** The tables by their full names: raw SQL must not depend on a search path. */
export const tables = {
  users: inReadSchema('users'),
  files: inReadSchema('files'),
  rooms: inReadSchema('rooms'),
  roomMembers: inReadSchema('room_members'),
  messages: inReadSchema('messages'),
  deletedRooms: inReadSchema('deleted_rooms'),
  checkpoints: inReadSchema('checkpoints'),
  presence: sql.table(`${lastingSchema}.presence`),
} as const;

/** A time as clients see it: ISO 8601 in UTC with milliseconds, whatever the session's time zone is. Null stays null. */
export const iso = (column: string) =>
  sql<string>`to_char(${sql.ref(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
