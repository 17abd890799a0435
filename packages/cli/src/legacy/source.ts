import { openConnections, type SessionClient } from '@kuraxx/read-model';
import { z } from 'zod';
import { CliError } from '../frame/exit-codes.ts';
import { type Columns, findColumns, leftBehind } from './columns.ts';
import {
  type LegacyMoment,
  type LegacyRoom,
  type LegacyUser,
  legacyMoment,
  legacyRoom,
  legacyUser,
  strayMember,
} from './rows.ts';

/** So many rows are fetched at once. */
const pageRows = 2000;
/** With their members, up to a thousand each. */
const pageRooms = 100;
/** The first page of a cursor may have to wait until everything is sorted. */
const statementTimeoutMs = 6 * 60 * 60_000;
/** Any number that nobody else in the old database takes for an advisory lock. */
const importLock = 0x4b55494d;

export type Totals = {
  readonly users: number;
  readonly rooms: number;
  readonly members: number;
  readonly messages: number;
  readonly edits: number;
  readonly deletions: number;
};

/** The old database as it was when it was opened, whatever is written to it meanwhile. */
export type LegacySource = {
  readonly totals: Totals;
  /** Rows of tables that have no place here. */
  readonly leftBehind: Readonly<Record<string, number>>;
  /** By id. */
  users(): AsyncIterable<readonly LegacyUser[]>;
  /** By id, with their members. */
  rooms(): AsyncIterable<readonly LegacyRoom[]>;
  /** What happened to messages: room after room in the order of their ids, in each by time. */
  moments(): AsyncIterable<readonly LegacyMoment[]>;
  /** Memberships of rooms that don't exist. */
  strayMembers(): AsyncIterable<readonly { readonly id: string; readonly roomId: string }[]>;
  close(): Promise<void>;
};

const iso = (expression: string): string => `to_char(${expression}, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

const usersSql = (schema: string, { users: c }: Columns): string => `
  select u.${c.id} as "id", u.${c.email} as "email", u.${c.username} as "username", u.${c.passwordHash} as "passwordHash",
    u.${c.displayName} as "displayName", u.${c.avatarUrl} as "avatarUrl",
    ${iso(`u.${c.createdAt}`)} as "createdAt", ${iso(`u.${c.updatedAt}`)} as "updatedAt",
    (count(*) over (partition by lower(u.${c.email})))::float8 as "sameEmail",
    (count(*) over (partition by lower(u.${c.username})))::float8 as "sameUsername"
  from ${schema}.users u order by u.${c.id} collate "C"`;

const roomsSql = (schema: string, { rooms: c, room_members: m, users: u }: Columns): string => `
  select r.${c.id} as "id", r.${c.name} as "name", r.${c.description} as "description", r.${c.type}::text as "type",
    r.${c.avatarUrl} as "avatarUrl", r.${c.passcode} as "passcode", r.${c.createdById} as "createdById", r.${c.topics} as "topics",
    ${iso(`r.${c.createdAt}`)} as "createdAt", ${iso(`r.${c.updatedAt}`)} as "updatedAt", coalesce(g.members, '[]') as "members"
  from ${schema}.rooms r left join (
    select m.${m.roomId} as room, json_agg(json_build_object('id', m.${m.id}, 'userId', m.${m.userId}, 'role', m.${m.role}::text,
      'joinedAt', ${iso(`m.${m.joinedAt}`)}, 'isUser', u.${u.id} is not null) order by m.${m.joinedAt}, m.${m.id} collate "C") as members
    from ${schema}.room_members m left join ${schema}.users u on u.${u.id} = m.${m.userId} group by 1
  ) g on g.room = r.${c.id} order by r.${c.id} collate "C"`;

const strayMembersSql = (schema: string, { rooms: c, room_members: m }: Columns): string => `
  select m.${m.id} as "id", m.${m.roomId} as "roomId" from ${schema}.room_members m
  where not exists (select from ${schema}.rooms r where r.${c.id} = m.${m.roomId}) order by m.${m.id} collate "C"`;

const plainFields = (alias: string, c: Columns['messages']): string =>
  [
    `'id', ${alias}.${c.id}, 'roomId', ${alias}.${c.roomId}, 'content', ${alias}.${c.content}, 'type', ${alias}.${c.type}::text`,
    `'status', ${alias}.${c.status}::text, 'senderId', ${alias}.${c.senderId}, 'replyToId', ${alias}.${c.replyToId}`,
    ...(['editedAt', 'deletedAt', 'createdAt', 'updatedAt'] as const).map(
      (name) => `'${name}', ${iso(`${alias}.${c[name]}`)}`,
    ),
  ].join(', ');

/** Sorted once, by the server, on disk if it must be: no index of the old system has this order. */
const momentsSql = (schema: string, { messages: c, users: u }: Columns): string => `
  select json_build_object('kind', case t.rank when 0 then 'message' when 1 then 'edit' else 'deletion' end, 'at', ${iso('t.at')},
    ${plainFields('m', c)},
    'sender', case when u.${u.id} is not null then json_build_object(
      'username', u.${u.username}, 'displayName', u.${u.displayName}, 'avatarUrl', u.${u.avatarUrl}) end,
    'replyTo', case when q.${c.id} is not null then json_build_object(${plainFields('q', c)}) end) as row
  from (
    select 0 as rank, date_trunc('milliseconds', m.${c.createdAt}) as at, m.${c.id} as id from ${schema}.messages m
    union all select 1, date_trunc('milliseconds', greatest(m.${c.createdAt}, m.${c.editedAt})), m.${c.id}
      from ${schema}.messages m where m.${c.editedAt} is not null
    union all select 2, date_trunc('milliseconds', greatest(m.${c.createdAt}, m.${c.editedAt}, m.${c.deletedAt})), m.${c.id}
      from ${schema}.messages m where m.${c.deletedAt} is not null
  ) t
  join ${schema}.messages m on m.${c.id} = t.id
  left join ${schema}.users u on u.${u.id} = m.${c.senderId}
  left join ${schema}.messages q on q.${c.id} = m.${c.replyToId}
  order by m.${c.roomId} collate "C", t.at, t.rank, t.id collate "C"`;

/** Rows of a query, page by page; the next page is on its way while one is worked on. */
async function* cursor<T extends z.ZodType>(
  session: SessionClient,
  name: string,
  query: string,
  schema: T,
  rows = pageRows,
): AsyncIterable<z.output<T>[]> {
  await session.query(`declare ${name} no scroll cursor for ${query}`);
  const fetchPage = async () => (await session.query(`fetch ${rows} from ${name}`)).rows;
  let next = fetchPage();
  next.catch(() => undefined); // told where it is awaited
  for (;;) {
    const page = await next;
    if (page.length === 0) break;
    next = fetchPage();
    next.catch(() => undefined);
    yield z.array(schema).parse(page);
  }
  await session.query(`close ${name}`);
}

const count = z.array(z.object({ count: z.number() })).length(1);

/**
 * Opens the old database for reading: one snapshot, nothing is written.
 *
 * @throws {CliError} unavailable; refused, when it is another database, or another import is reading it
 */
export const openLegacySource = async (databaseUrl: string, schemaName: string): Promise<LegacySource> => {
  const connections = await openConnections(databaseUrl, { poolSize: 1, statementTimeoutMs });
  let release = (): void => undefined;
  const open = async (): Promise<LegacySource> => {
    const session = await connections.session();
    release = () => session.release(true); // ends the transaction and gives the lock back
    session.on('error', () => undefined); // told by the query that it breaks
    const schema = `"${schemaName.replaceAll('"', '""')}"`;
    const { columns, tables } = await findColumns(session, schemaName);
    const { rows: locked } = await session.query('select pg_try_advisory_lock($1) as locked', [importLock]);
    if (locked[0]?.['locked'] !== true) throw new CliError('refused', 'another import is reading this database');
    await session.query('begin transaction isolation level repeatable read, read only');
    await session.query("set local time zone 'UTC'");
    await session.query('set local cursor_tuple_fraction = 1'); // everything will be read
    const counted = async (table: string, column?: string): Promise<number> => {
      const { rows } = await session.query(`select count(${column ?? '*'})::float8 as count from ${schema}.${table}`);
      return count.parse(rows)[0]?.count ?? 0;
    };
    const behind: Record<string, number> = {};
    for (const table of leftBehind) if (tables.has(table)) behind[table] = await counted(table);
    const totals = {
      users: await counted('users'),
      rooms: await counted('rooms'),
      members: await counted('room_members'),
      messages: await counted('messages'),
      edits: await counted('messages', columns.messages.editedAt),
      deletions: await counted('messages', columns.messages.deletedAt),
    };
    const wrapped = z.object({ row: legacyMoment }).transform(({ row }) => row);
    let cursors = 0;
    const read = <T extends z.ZodType>(query: string, shape: T, rows?: number) =>
      cursor(session, `import_${++cursors}`, query, shape, rows);
    return {
      totals,
      leftBehind: behind,
      users: () => read(usersSql(schema, columns), legacyUser),
      rooms: () => read(roomsSql(schema, columns), legacyRoom, pageRooms),
      moments: () => read(momentsSql(schema, columns), wrapped),
      strayMembers: () => read(strayMembersSql(schema, columns), strayMember),
      close: async () => {
        release();
        await connections.close();
      },
    };
  };
  try {
    return await open();
  } catch (error) {
    release();
    await connections.close();
    if (error instanceof CliError) throw error;
    throw new CliError('unavailable', `the old database can't be read: ${reasonOf(error)}`, { cause: error });
  }
};

const reasonOf = (error: unknown): string => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
};
