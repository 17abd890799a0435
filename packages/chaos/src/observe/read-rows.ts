import pg from 'pg';
import { z } from 'zod';
import type { Rows, Tables } from '../check/rows.ts';

const json = <T extends z.ZodType>(schema: T, rows: readonly unknown[]): z.infer<T>[] =>
  rows.map((row) => schema.parse(row));

/** Works on a connection of its own and ends it. */
const withClient = async <T>(databaseUrl: string, work: (client: pg.Client) => Promise<T>): Promise<T> => {
  const client = new pg.Client({ connectionString: databaseUrl });
  client.on('error', () => undefined); // the query that meets it says so
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
};

/** The schema whose rows serve. */
const servingSchema = async (client: pg.Client): Promise<string> => {
  const { rows } = await client.query('select schema from kuraxx.serving');
  const [serving] = json(z.object({ schema: z.string() }), rows);
  if (serving === undefined) throw new Error('no read model serves');
  return client.escapeIdentifier(serving.schema);
};

/** How far the read model is, by partition. */
export const readCheckpoints = (databaseUrl: string): Promise<ReadonlyMap<string, number>> =>
  withClient(databaseUrl, async (client) => {
    const schema = await servingSchema(client);
    const { rows } = await client.query(`select partition, sequence::float8 as sequence from ${schema}.checkpoints`);
    return new Map(
      json(z.object({ partition: z.string(), sequence: z.number() }), rows).map((row) => [row.partition, row.sequence]),
    );
  });

const messageRow = z.object({
  id: z.string(),
  roomId: z.string(),
  sequence: z.number(),
  senderId: z.string(),
  content: z.string(),
  isEdited: z.boolean(),
  isDeleted: z.boolean(),
});

/** The read model as the checker compares it with the log. */
export const readRows = (databaseUrl: string): Promise<Rows> =>
  withClient(databaseUrl, async (client) => {
    const schema = await servingSchema(client);
    const select = async (text: string): Promise<unknown[]> => (await client.query(text)).rows;
    const messages =
      await select(`select id, room_id as "roomId", sequence::float8 as sequence, sender_id as "senderId",
      content, edited_at is not null as "isEdited", deleted_at is not null as "isDeleted" from ${schema}.messages`);
    const members = await select(`select room_id as "roomId", user_id as "userId" from ${schema}.room_members`);
    const rooms = await select(
      `select id, message_count as "messageCount", member_count as "memberCount" from ${schema}.rooms`,
    );
    const users = await select(`select id from ${schema}.users`);
    return {
      messages: json(messageRow, messages),
      members: json(z.object({ roomId: z.string(), userId: z.string() }), members),
      rooms: json(z.object({ id: z.string(), messageCount: z.int(), memberCount: z.int() }), rooms),
      users: json(z.object({ id: z.string() }), users),
    };
  });

/** Every row of every table of the read model, as JSON. */
export const readTables = (databaseUrl: string): Promise<Tables> =>
  withClient(databaseUrl, async (client) => {
    const schema = await servingSchema(client);
    // which migrations ran, and when, is no read model
    const names = await client.query(
      `select table_name as name from information_schema.tables
       where quote_ident(table_schema) = $1 and table_name <> 'migrations' order by 1`,
      [schema.replaceAll('"', '')],
    );
    const tables = new Map<string, readonly string[]>();
    for (const { name } of json(z.object({ name: z.string() }), names.rows)) {
      const { rows } = await client.query(`select to_jsonb(t)::text as row from ${schema}.${name} t order by 1`);
      tables.set(
        name,
        json(z.object({ row: z.string() }), rows).map(({ row }) => row),
      );
    }
    return tables;
  });

/** Makes an empty database beside the given one. @returns its URL */
export const createDatabaseBeside = (databaseUrl: string, name: string): Promise<string> =>
  withClient(databaseUrl, async (client) => {
    await client.query(`create database ${client.escapeIdentifier(name)} template template0`);
    const url = new URL(databaseUrl);
    url.pathname = `/${name}`;
    return url.href;
  });
