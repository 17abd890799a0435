import type { SessionClient } from '@kuraxx/read-model';
import { z } from 'zod';
import { CliError } from '../frame/exit-codes.ts';

/**
 * What is read of each table, by the name that the old system's objects have. A column is called so, or the same in snake_case,
 * or as listed here.
 */
const wanted = {
  users: ['id', 'email', 'username', 'passwordHash', 'displayName', 'avatarUrl', 'createdAt', 'updatedAt'],
  rooms: [
    'id',
    'name',
    'description',
    'type',
    'avatarUrl',
    'passcode',
    'createdById',
    'topics',
    'createdAt',
    'updatedAt',
  ],
  room_members: ['id', 'userId', 'roomId', 'role', 'joinedAt'],
  messages: [
    'id',
    'content',
    'type',
    'status',
    'roomId',
    'senderId',
    'replyToId',
    'editedAt',
    'deletedAt',
    'createdAt',
    'updatedAt',
  ],
} as const;

const otherNames: Readonly<Record<string, readonly string[]>> = {
  passwordHash: ['password'],
  passcode: ['passcodeHash', 'passcode_hash'],
};

/** What there is no place for here. */
export const leftBehind = ['message_attachments', 'file_metadata', 'posts', 'post_comments', 'resources'] as const;

type Wanted = typeof wanted;

/** The SQL name of each column, quoted. */
export type Columns = { readonly [T in keyof Wanted]: Readonly<Record<Wanted[T][number], string>> };

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const snake = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const row = z.object({ table: z.string(), column: z.string() });

/**
 * Finds the old system's tables in a schema.
 *
 * @throws {CliError} refused, naming every column that is missing
 */
export const findColumns = async (
  session: SessionClient,
  schema: string,
): Promise<{ readonly columns: Columns; readonly tables: ReadonlySet<string> }> => {
  const { rows } = await session.query(
    'select table_name as "table", column_name as "column" from information_schema.columns where table_schema = $1',
    [schema],
  );
  const there = z.array(row).parse(rows);
  const has = (table: string, column: string): boolean =>
    there.some((one) => one.table === table && one.column === column);
  const missing: string[] = [];
  const locate = <N extends string>(table: string, names: readonly N[]): Record<N, string> => {
    const find = (name: N): readonly [N, string] => {
      const candidates = [name, snake(name), ...(otherNames[name] ?? [])];
      const found = candidates.find((candidate) => has(table, candidate));
      if (found === undefined) missing.push(`${table}.${name}`);
      return [name, quoted(found ?? name)];
    };
    return recordOf(names.map(find));
  };
  const columns: Columns = {
    users: locate('users', wanted.users),
    rooms: locate('rooms', wanted.rooms),
    room_members: locate('room_members', wanted.room_members),
    messages: locate('messages', wanted.messages),
  };
  if (missing.length > 0) {
    throw new CliError(
      'refused',
      `this is not the database of the old system: the schema ${schema} has no ${missing.join(', ')}`,
    );
  }
  return { columns, tables: new Set(there.map(({ table }) => table)) };
};

const recordOf = <N extends string>(entries: readonly (readonly [N, string])[]): Record<N, string> => {
  const isWhole = (record: Partial<Record<N, string>>): record is Record<N, string> =>
    entries.every(([name]) => record[name] !== undefined);
  const record: Partial<Record<N, string>> = {};
  for (const [name, value] of entries) record[name] = value;
  if (!isWhole(record)) throw new TypeError('a column without a name');
  return record;
};
