import { sql } from 'kysely';

/** Stands for the schema of a read model: which one is said when a query runs (`bindSchema`, and `fork` for entities). */
export const readSchema = '*';

/** The read model of a new system. */
export const firstSchema = 'read_1';

/** What the log can't rebuild (presence), which read models there are, and which one serves. */
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
  parked: inReadSchema('parked'),
  presence: sql.table(`${lastingSchema}.presence`),
  readModels: sql.table(`${lastingSchema}.read_models`),
  serving: sql.table(`${lastingSchema}.serving`),
} as const;

const schemaPattern = /^read_([1-9]\d{0,5})$/;

/** The number in the name of a read model's schema. @throws {TypeError} for what is none */
export const numberOfSchema = (schema: string): number => {
  const [, digits] = schemaPattern.exec(schema) ?? [];
  if (digits === undefined) throw new TypeError(`not the schema of a read model: ${schema}`);
  return Number(digits);
};

/** A time as clients see it: ISO 8601 in UTC with milliseconds, whatever the session's time zone is. Null stays null. */
export const iso = (column: string) =>
  sql<string>`to_char(${sql.ref(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
