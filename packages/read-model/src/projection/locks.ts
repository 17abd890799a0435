import type { Partition } from '@kuraxx/event-store';
import type { Connections, SessionClient } from '../database.ts';
import { meansTurnedAway, meansUnavailable, ReadModelUnavailable } from '../errors.ts';
import { numberOfSchema } from '../schema.ts';

/** Keeps our advisory locks apart from anybody else's in the database. */
export const lockClass = 0x4b555258;
const beatMs = 1000;
const probeMs = 5000;

export type PartitionLock = {
  /** Aborted when the lock is gone because its Postgres session is: somebody else may hold it by now. */
  readonly lost: AbortSignal;
  /** Gives the lock back; harmless when it is lost already. */
  release(): Promise<void>;
};

export type Locks = {
  /**
   * Takes the lock of a partition of a read model, if nobody has it (not even this process). It is held until released, or until its session ends.
   * @returns undefined when it is held
   * @throws {ReadModelUnavailable}
   */
  readonly tryLock: (schema: string, partition: Partition) => Promise<PartitionLock | undefined>;
  /** The same for work on the read models as a whole: one at a time in the whole system. */
  readonly tryMaintenance: () => Promise<PartitionLock | undefined>;
  /** Ends the session, and with it all locks. */
  readonly close: () => void;
};

type Session = {
  readonly lost: AbortSignal;
  query(text: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
  readonly end: () => void;
};

/** @param probe rejects with the reason when nobody can connect any more */
const openSession = (client: SessionClient, probe: () => Promise<void>): Session => {
  const lost = new AbortController();
  let previous: Promise<unknown> = Promise.resolve();
  const end = () => {
    if (lost.signal.aborted) return;
    lost.abort();
    clearInterval(beat);
    clearInterval(probing);
    client.release(true);
  };
  // one query at a time: pg deprecates several on one client
  const query: Session['query'] = (text, values) => {
    const next = previous.then(async () => (await client.query(text, values)).rows);
    previous = next.catch(end); // a session that fails a query is given up; the caller sees the error
    return next;
  };
  const beat = setInterval(() => void query('select 1').catch(end), beatMs); // notices a server that is gone without a word
  // A server that shuts down waits for this very session: it would hold its locks for ever, and nobody could work under them
  const probing = setInterval(() => void probe().catch((error: unknown) => meansTurnedAway(error) && end()), probeMs);
  client.on('error', end);
  client.on('end', end);
  return { lost: lost.signal, query, end };
};

/**
 * When this machine vanishes without closing its connection, the server must notice, or nobody could take over:
 * it asks after 5 s of silence and ends the session some 10 s later.
 */
const endSoonWhenSilent = `select set_config('tcp_keepalives_idle', '5', false),
  set_config('tcp_keepalives_interval', '2', false), set_config('tcp_keepalives_count', '4', false)`;

/** More than there can be partitions. */
const perSchema = 1000;
const maintenanceObject = 0;

/** The number of a partition's lock, as `pg_locks` shows it beside `lockClass`. */
export const lockObjectOf = (schema: string, partition: Partition): number =>
  numberOfSchema(schema) * perSchema + (partition === 'accounts' ? perSchema - 1 : partition);

/**
 * Advisory locks, all in one Postgres session of their own, which is opened when needed and again after it was lost, and given up when the
 * server takes no other connection any more.
 */
export const createLocks = (connections: Connections): Locks => {
  const probe = async (): Promise<void> => (await connections.session()).release(false);
  let opening: Promise<Session> | undefined;
  const held = new Set<number>();

  const currentSession = (): Promise<Session> => {
    opening ??= connections.session().then(async (client) => {
      const session = openSession(client, probe);
      session.lost.addEventListener('abort', () => {
        opening = undefined;
        held.clear();
      });
      await session.query(endSoonWhenSilent);
      return session;
    });
    opening.catch(() => {
      opening = undefined; // the next call tries again; this one's caller sees the error
    });
    return opening;
  };

  const tryLock = async (object: number, what: string): Promise<PartitionLock | undefined> => {
    if (held.has(object)) return undefined; // Postgres would grant it once more to the same session
    held.add(object);
    try {
      const session = await currentSession();
      const rows = await session.query('select pg_try_advisory_lock($1::int, $2::int) as held', [lockClass, object]);
      if (rows[0]?.['held'] !== true) {
        held.delete(object);
        return undefined;
      }
      return {
        lost: session.lost,
        release: async () => {
          if (session.lost.aborted || !held.delete(object)) return;
          await session.query('select pg_advisory_unlock($1::int, $2::int)', [lockClass, object]).catch(session.end); // ending the session frees the lock as well
        },
      };
    } catch (error) {
      held.delete(object);
      if (!meansUnavailable(error)) throw error;
      throw new ReadModelUnavailable(`lock ${what}: the database is not available`, {
        cause: error,
      });
    }
  };
  return {
    tryLock: (schema, partition) => tryLock(lockObjectOf(schema, partition), `partition ${partition} of ${schema}`),
    tryMaintenance: () => tryLock(maintenanceObject, 'the read models'),
    close: () => void opening?.then((session) => session.end()).catch(() => undefined),
  };
};
