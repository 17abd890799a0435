import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

export type TransactionCount = {
  /** Transactions of all processes in the database while `work` went on, our own question left out, and how long it took. */
  during(work: () => Promise<unknown>): Promise<{ readonly transactions: number; readonly seconds: number }>;
  close(): Promise<void>;
};

/** Counts what goes on in a database, of which its statistics tell so much later. @throws {Error} when it can't be reached */
export const openTransactionCount = async (databaseUrl: string, statisticsLagMs: number): Promise<TransactionCount> => {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const count = async (): Promise<number> => {
    await delay(statisticsLagMs);
    const { rows } = await client.query(
      'SELECT xact_commit + xact_rollback AS count FROM pg_stat_database WHERE datname = current_database()',
    );
    return Number(Object(rows[0]).count);
  };
  return {
    async during(work) {
      const before = await count();
      const begun = performance.now();
      await work();
      const seconds = (performance.now() - begun + statisticsLagMs) / 1000;
      return { transactions: (await count()) - before - 1, seconds };
    },
    close: () => client.end(),
  };
};
