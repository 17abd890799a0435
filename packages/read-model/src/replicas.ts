import { setTimeout as delay } from 'node:timers/promises';
import type { Position } from '@kuraxx/event-store';
import type { Connections, Database } from './database.ts';
import { isCancelledByRecovery, isStatementTimeout, ReadModelUnavailable } from './errors.ts';
import { type Checkpoints, readCheckpoints } from './projection/checkpoint.ts';

/** What is waited for a replica at most, though the primary has it already: a reader is better served by the primary then. */
const maxWaitMs = 250;
/** Between two looks while somebody waits. Replication over a network takes a millisecond or more. */
const lookMs = 5;
/** A replica that is away, or lags more than is waited for, is left alone so long: not every reader is to wait for it. */
const restMs = 2_000;
/** What a look has found counts for so long: behind the URL there may be another server by then. */
const knownMs = 1_000;

/** Copies of the database that are a little behind. */
export type Replicas = {
  /**
   * A copy in which the rows of a read model show everything up to the positions. Waits 250 ms at most, also for a copy that does not answer.
   *
   * @param schema the read model that serves; the copy is asked for the same, whatever the copy takes for the serving one
   * @returns undefined when no copy is so far, or none is there: ask the primary
   */
  at(schema: string, positions: readonly Position[]): Promise<Database | undefined>;
};

const haveReached = (checkpoints: Checkpoints, positions: readonly Position[]): boolean =>
  positions.every(({ partition, epoch, sequence }) => {
    const at = checkpoints.get(partition);
    return at !== undefined && at.epoch === epoch && at.sequence >= sequence;
  });

/** @returns whether the work was done in time; it goes on otherwise, and nobody hears of it any more @throws what the work throws in time */
const isDoneWithin = async (timeoutMs: number, work: Promise<unknown>): Promise<boolean> => {
  const over = new AbortController();
  const late = delay(timeoutMs, false, { signal: over.signal });
  late.catch(() => undefined); // done in time
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    over.abort();
  }
};

const createReplica = (connections: Connections, primary: Database) => {
  let known: { readonly schema: string; readonly checkpoints: Checkpoints; readonly untilMs: number } | undefined;
  let looking: Promise<void> | undefined;
  let restsUntil = 0;
  const rest = (): void => {
    restsUntil = Date.now() + restMs;
    known = undefined; // it may be another server when it is back, and further behind
  };
  const look = (schema: string): Promise<void> => {
    const untilMs = Date.now() + knownMs;
    looking ??= connections
      .in(schema)
      .run('look how far the replica is', (db) => readCheckpoints(db))
      .then((checkpoints) => {
        known = { schema, checkpoints, untilMs };
      })
      .finally(() => {
        looking = undefined;
      });
    return looking;
  };
  const isAt = (schema: string, positions: readonly Position[]): boolean =>
    known?.schema === schema && Date.now() < known.untilMs && haveReached(known.checkpoints, positions);

  /**
   * What the replica can't answer (it went away, or its recovery cancelled the query) the primary does. A query that the replica has given up
   * because it takes too long would take as long there: that is told, and says nothing against the replica.
   */
  const orPrimary = async <T>(onReplica: () => Promise<T>, onPrimary: () => Promise<T>): Promise<T> => {
    try {
      return await onReplica();
    } catch (error) {
      if (isStatementTimeout(error)) throw error;
      if (!(error instanceof ReadModelUnavailable) && !isCancelledByRecovery(error)) throw error;
      rest();
      return onPrimary();
    }
  };
  const databaseIn = (schema: string): Database => {
    const replica = connections.in(schema);
    return {
      run: (doing, work) =>
        orPrimary(
          () => replica.run(doing, work),
          () => primary.run(doing, work),
        ),
      entities: (doing, work) =>
        orPrimary(
          () => replica.entities(doing, work),
          () => primary.entities(doing, work),
        ),
      transaction: (doing, work) => primary.transaction(doing, work),
      snapshot: (doing, work) =>
        orPrimary(
          () => replica.snapshot(doing, work),
          () => primary.snapshot(doing, work),
        ),
    };
  };
  return {
    isResting: (): boolean => Date.now() < restsUntil,
    waitFor: async (
      schema: string,
      positions: readonly Position[],
      timeoutMs: number,
    ): Promise<Database | undefined> => {
      const until = Date.now() + timeoutMs;
      try {
        while (!isAt(schema, positions)) {
          const leftMs = until - Date.now();
          if (leftMs <= 0 || !(await isDoneWithin(leftMs, look(schema)))) {
            rest();
            return undefined;
          }
          if (!isAt(schema, positions)) await delay(lookMs);
        }
        return databaseIn(schema);
      } catch (error) {
        if (!(error instanceof ReadModelUnavailable)) throw error;
        rest();
        return undefined;
      }
    },
  };
};

/** @param primary answers what a replica can't after all */
export const createReplicas = (all: readonly Connections[], primary: Database): Replicas => {
  const replicas = all.map((connections) => createReplica(connections, primary));
  let turn = 0;
  return {
    at: async (schema, positions) => {
      const choice = replicas.filter((replica) => !replica.isResting());
      const replica = choice[turn++ % Math.max(1, choice.length)];
      return replica?.waitFor(schema, positions, maxWaitMs);
    },
  };
};
