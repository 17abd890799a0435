import { randomUUID } from 'node:crypto';
import { openConnections } from '@kuraxx/read-model';
import { freshDatabase } from '@kuraxx/testing';

/** The tables of the old system, without its foreign keys: broken rows must be possible. */
const ddl = `
create type "RoomType" as enum ('PUBLIC', 'PRIVATE');
create type "MemberRole" as enum ('OWNER', 'ADMIN', 'MEMBER');
create type "MessageType" as enum ('TEXT', 'IMAGE', 'FILE', 'SYSTEM');
create type "MessageStatus" as enum ('SENDING', 'SENT', 'DELIVERED', 'READ', 'FAILED');
create table users (id text primary key, email text unique not null, username text unique not null, password text not null,
  "displayName" text, "avatarUrl" text, "isOnline" boolean not null default false, "lastSeenAt" timestamp(3),
  "createdAt" timestamp(3) not null default now(), "updatedAt" timestamp(3) not null default now());
create table refresh_tokens (id text primary key, token text unique not null, "userId" text not null);
create table rooms (id text primary key, name text, description text, type "RoomType" not null default 'PUBLIC', "avatarUrl" text,
  passcode text, "createdById" text not null, topics text[], "createdAt" timestamp(3) not null, "updatedAt" timestamp(3) not null);
create table room_members (id text primary key, "userId" text not null, "roomId" text not null, role "MemberRole" not null default 'MEMBER',
  "joinedAt" timestamp(3) not null, unique ("userId", "roomId"));
create table messages (id text primary key, content text not null, type "MessageType" not null default 'TEXT',
  status "MessageStatus" not null default 'SENT', "roomId" text not null, "senderId" text not null, "replyToId" text,
  "editedAt" timestamp(3), "deletedAt" timestamp(3), "createdAt" timestamp(3) not null, "updatedAt" timestamp(3) not null);
create table posts (id text primary key);
`;

type Row = Readonly<Record<string, unknown>>;

/** A second of a long gone day, as Postgres and as clients have it. */
export const second = (n: number): string => new Date(Date.UTC(2021, 2, 4, 10) + n * 1000).toISOString();

/** A database of the old system, for one test file. Every `add` gives the row's id. */
export const openOldDatabase = async () => {
  const database = await freshDatabase();
  const connections = await openConnections(database.url, { poolSize: 1 });
  const session = await connections.session();
  await session.query("set time zone 'UTC'");
  await session.query(ddl);
  const add = async (table: string, row: Row): Promise<string> => {
    const id = typeof row['id'] === 'string' ? row['id'] : randomUUID();
    const entries = Object.entries({ ...row, id });
    const names = entries.map(([name]) => `"${name}"`).join(', ');
    const places = entries.map((_, index) => `$${index + 1}`).join(', ');
    await session.query(
      `insert into ${table} (${names}) values (${places})`,
      entries.map(([, value]) => value),
    );
    return id;
  };
  return {
    url: database.url,
    query: (text: string) => session.query(text),
    user: (username: string, row: Row = {}) =>
      add('users', {
        username,
        email: `${username}@example.org`,
        password: `$2b$04$${'a'.repeat(53)}`,
        createdAt: second(0),
        updatedAt: second(0),
        ...row,
      }),
    room: (createdById: string, row: Row = {}) =>
      add('rooms', { createdById, topics: [], createdAt: second(10), updatedAt: second(10), ...row }),
    member: (roomId: string, userId: string, row: Row = {}) =>
      add('room_members', { roomId, userId, joinedAt: second(10), ...row }),
    message: (roomId: string, senderId: string, n: number, row: Row = {}) =>
      add('messages', {
        roomId,
        senderId,
        content: `message ${n}`,
        createdAt: second(n),
        updatedAt: second(n),
        ...row,
      }),
    /** Many messages in one statement, a second apart. */
    messages: (roomId: string, senderId: string, count: number) =>
      session.query(
        `insert into messages (id, content, "roomId", "senderId", "createdAt", "updatedAt")
         select gen_random_uuid()::text, 'message ' || n, $1, $2, t, t
         from generate_series(1, ${count}) n, lateral (select timestamp '2021-03-04 10:01:00' + n * interval '1 second' as t) t`,
        [roomId, senderId],
      ),
    drop: async () => {
      session.release(true);
      await connections.close();
      await database.drop();
    },
  };
};

export type OldDatabase = Awaited<ReturnType<typeof openOldDatabase>>;
