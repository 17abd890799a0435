import type { Serving } from '@kuraxx/event-store';
import { sql } from 'kysely';
import type { Connections, Database } from './database.ts';
import { firstSchema, tables } from './schema.ts';

/** A process that hears no announcements (NATS is away) looks so often itself. */
const lookAgainMs = 5000;

/** Reads which read model serves. @throws {ReadModelUnavailable} */
export const readServing = async (database: Database): Promise<Serving> => {
  const { rows } = await database.run('look which read model serves', (db) =>
    sql<Serving>`select schema, generation::float8 as generation from ${tables.serving}`.execute(db),
  );
  const [serving] = rows;
  if (serving === undefined) throw new Error('no read model serves: the table kuraxx.serving is empty');
  return serving;
};

/** The schema that queries go to, as of the newest news. */
export type ServingSchema = {
  /** Asks the database the first time only. @throws {ReadModelUnavailable} */
  current(): Promise<string>;
  /** Asks the database, and believes it more than anything heard so far. @throws {ReadModelUnavailable} */
  lookUp(): Promise<string>;
};

/**
 * Follows the serving read model: by the announcements of the projectors, which come before anybody relies on the new one; by
 * looking every few seconds; and by looking at once when a query found no table, because its read model was dropped.
 *
 * @param heard the newest that was announced
 */
export const followServing = (connections: Connections, heard: () => Serving | undefined): ServingSchema => {
  let known: Serving | undefined;
  let looked = 0;
  /** What was announced up to here counts no more: the database said something else (it was replaced by a backup, say). */
  let overruled = 0;
  let looking: Promise<Serving> | undefined;

  const look = (): Promise<Serving> => {
    looking ??= readServing(connections.in(firstSchema)).finally(() => {
      looking = undefined;
    });
    looked = Date.now();
    return looking;
  };
  const adopt = (serving: Serving): void => {
    if (known === undefined || serving.generation > known.generation) known = serving;
  };
  return {
    current: async () => {
      const news = heard();
      if (news !== undefined && news.generation > overruled) adopt(news);
      if (known === undefined) adopt(await look());
      else if (Date.now() - looked > lookAgainMs) {
        // in the background: the query itself tells when the database is away
        look().then(adopt, () => undefined);
      }
      return known === undefined ? (await look()).schema : known.schema;
    },
    lookUp: async () => {
      overruled = heard()?.generation ?? 0;
      known = await look();
      return known.schema;
    },
  };
};

const undefinedTable = new Set(['42P01', '3F000']);

const meansNoTable = (error: unknown): boolean =>
  error instanceof Error &&
  (('code' in error && typeof error.code === 'string' && undefinedTable.has(error.code)) || meansNoTable(error.cause));

/** The read model that serves. A query on one that has just been dropped runs again on the one that serves now. */
export const servingDatabase = (connections: Connections, serving: ServingSchema): Database => {
  const onServing = async <T>(work: (database: Database) => Promise<T>): Promise<T> => {
    const schema = await serving.current();
    try {
      return await work(connections.in(schema));
    } catch (error) {
      if (!meansNoTable(error)) throw error;
      const now = await serving.lookUp();
      if (now === schema) throw error;
      return work(connections.in(now));
    }
  };
  return {
    run: (doing, work) => onServing((database) => database.run(doing, work)),
    entities: (doing, work) => onServing((database) => database.entities(doing, work)),
    transaction: (doing, work) => onServing((database) => database.transaction(doing, work)),
    snapshot: (doing, work) => onServing((database) => database.snapshot(doing, work)),
  };
};
