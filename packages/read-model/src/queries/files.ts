import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../database.ts';
import { tables } from '../schema.ts';

/**
 * A file that nothing seems to show:
 * - `deleted`: its bytes are still to be cleared away;
 * - `unused`: nothing has asked for it, or it never came;
 * - `over`: the message that showed it, or its room, was deleted; that never changes again;
 * - `replaced`: its owner's or its room's picture is another one;
 * - `lost`: reserved for a message that isn't there.
 * All but the first are guesses of a model that may lag: only the log knows.
 */
export type SweepReason = 'deleted' | 'unused' | 'over' | 'replaced' | 'lost';

export type Sweepable = {
  readonly userId: string;
  readonly fileId: string;
  readonly reason: SweepReason;
  readonly useKind: 'message' | 'user' | 'room' | null;
  readonly roomId: string | null;
  readonly messageId: string | null;
};

/** Files are looked at in pages by id, so that no query is long. */
export type SweepPage = {
  /** The last id of the page before; '' at first. */
  readonly after: string;
  readonly limit: number;
  /** What has changed since is left alone: ISO 8601. */
  readonly before: string;
};

/** Whether a picture is the one that a file is: its reference names the file. */
const shows = (column: string) => sql`coalesce(position(f.id in ${sql.ref(column)}) > 0, false)`;

const isOld = (before: string) => sql`f.changed_at < ${before}::timestamptz`;

const reason = (before: string) => sql`case
  when f.status = 'deleted' then 'deleted'
  when d.id is not null or m.deleted_at is not null then 'over'
  when not ${isOld(before)} then null
  when f.use_kind is null then 'unused'
  when f.use_kind = 'user' and not ${shows('u.avatar_url')} then 'replaced'
  when f.use_kind = 'room' and not ${shows('r.avatar_url')} then 'replaced'
  when f.use_kind = 'message' and m.id is null then 'lost'
  end`;

type Row = Omit<Sweepable, 'reason'> & { reason: SweepReason | null };

/** Of the files that `pick` picks. What is said of rooms whose rows stand still is not believed. */
const judged = (pick: RawBuilder<unknown>, before: string) => sql<Row>`
  select f.id as "fileId", f.user_id as "userId", f.use_kind as "useKind", f.room_id as "roomId", f.message_id as "messageId",
    case when p.aggregate is null or f.status = 'deleted' then ${reason(before)} end as reason
  from (select * from ${tables.files} ${pick}) f
  left join ${tables.messages} m on m.id = f.message_id
  left join ${tables.rooms} r on r.id = f.room_id
  left join ${tables.deletedRooms} d on d.id = f.room_id
  left join ${tables.users} u on u.id = f.user_id
  left join ${tables.parked} p on p.aggregate = 'room:' || f.room_id
  order by f.id`;

const run = async (database: Database, query: RawBuilder<Row>): Promise<readonly Row[]> => {
  const { rows } = await database.run('look for files to sweep', (db) => query.execute(db));
  return rows;
};

const sweepable = (rows: readonly Row[]): Sweepable[] =>
  rows.flatMap(({ reason: why, ...file }) => (why === null ? [] : [{ ...file, reason: why }]));

/**
 * Of one page of files those that nothing seems to show.
 *
 * @returns `last`: the id to go on after; undefined at the end
 */
export const filesToSweep = async (
  database: Database,
  { after, limit, before }: SweepPage,
): Promise<{ files: Sweepable[]; last: string | undefined }> => {
  const rows = await run(database, judged(sql`where id > ${after} order by id limit ${limit}`, before));
  return { files: sweepable(rows), last: rows.length < limit ? undefined : rows.at(-1)?.fileId };
};

/** The same about one file. @returns undefined when something shows it, or it is not known */
export const findSweepable = async (
  database: Database,
  fileId: string,
  before: string,
): Promise<Sweepable | undefined> => sweepable(await run(database, judged(sql`where id = ${fileId}`, before)))[0];
