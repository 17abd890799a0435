import type { Partition, StoredEvent } from '@kuraxx/event-store';
import { sql } from 'kysely';
import type { Database, Sql } from '../database.ts';
import { tables } from '../schema.ts';
import { type Applied, type Apply, applyBatch, applyEvents } from './apply.ts';
import { arrayText } from './array-text.ts';
import type { ReadEvent } from './read-events.ts';

/** As `applyBatch` is given it. */
type Batch = {
  readonly partition: Partition;
  readonly epoch: string;
  readonly events: readonly ReadEvent[];
  readonly upTo: number;
  readonly after: number;
};

const nameOf = ({ partition }: Batch): string => String(partition);

type Waiting = { readonly batch: Batch; readonly resolve: (applied: Applied | Promise<Applied>) => void };

/** A batch of more events is worth a transaction of its own, which may run beside others. */
const smallBatch = 50;

/**
 * Whether a batch may share a transaction: small, of rooms alone (accounts wait for those who write names, see `applyEvents`), with nothing in it
 * that would have to be parked or that takes long.
 */
const isShareable = ({ partition, events }: Batch): boolean =>
  partition !== 'accounts' &&
  events.length <= smallBatch &&
  events.every((event) => !('failure' in event) && event.type !== 'RoomDeleted');

type Checkpoint = {
  readonly partition: string;
  readonly epoch: string;
  readonly sequence: number;
  readonly parked: number;
};

/** Waits for nobody: whoever holds one of them must not hold up all others. */
const lockCheckpoints = async (db: Sql, batches: readonly Batch[]) => {
  const { rows } = await sql<Checkpoint>`
    select partition, epoch, sequence::float8 as sequence, parked from ${tables.checkpoints}
    where partition = any(${arrayText(batches, nameOf)}::text[])
    order by partition for update nowait`.execute(db);
  return new Map(rows.map((row) => [row.partition, row]));
};

const moveCheckpoints = async (db: Sql, batches: readonly Batch[]): Promise<void> => {
  await sql`update ${tables.checkpoints} c set sequence = k.sequence
    from unnest(${arrayText(batches, nameOf)}::text[],
      ${arrayText(batches, ({ upTo }) => upTo)}::bigint[]) as k (partition, sequence)
    where c.partition = k.partition`.execute(db);
};

/** What is parked in a partition, and what its rows were built from, is for `applyBatch` to see to. */
const isUsual = ({ epoch, upTo, after }: Batch, before: Checkpoint | undefined): boolean =>
  before?.epoch === epoch && before.parked === 0 && before.sequence >= after && before.sequence < upTo;

/** @returns what became of each batch that could be applied together with others */
const attemptTogether = (database: Database, batches: readonly Batch[]): Promise<ReadonlyMap<Batch, Applied>> =>
  database.transaction(`apply events to ${batches.length} partitions`, async (db) => {
    const checkpoints = await lockCheckpoints(db, batches);
    const usual = batches.filter((batch) => isUsual(batch, checkpoints.get(nameOf(batch))));
    const [first] = usual;
    if (first === undefined) return new Map();
    const fresh = usual.flatMap((batch): StoredEvent[] => {
      const before = checkpoints.get(nameOf(batch))?.sequence ?? 0;
      return batch.events.flatMap((event) =>
        'failure' in event || event.record.position.sequence <= before ? [] : [event],
      );
    });
    await applyEvents(db, first.partition, fresh, 'changed');
    await moveCheckpoints(db, usual);
    return new Map(usual.map((batch) => [batch, { sequence: batch.upTo, parked: 0, newlyParked: [] }]));
  });

/**
 * `applyBatch` for many partitions at once. What a transaction costs depends on its statements and hardly on its events, and when little comes
 * in each partition most batches have one: those that come while a transaction is under way go into the next one together. Whatever goes
 * wrong with that, and whatever is not usual about a batch, is left to `applyBatch`, one by one: nothing has happened then.
 *
 * A partition has one batch under way at most, so there are never more waiting than there are partitions.
 */
export const createApplyTogether = (database: Database): Apply => {
  let waiting: Waiting[] = [];
  let isRunning = false;

  const alone = ({ partition, epoch, events, upTo, after }: Batch): Promise<Applied> =>
    applyBatch(database, partition, epoch, events, upTo, after);

  const run = async (together: readonly Waiting[]): Promise<void> => {
    const batches = together.map(({ batch }) => batch);
    const applied = await attemptTogether(database, batches).catch(() => undefined);
    // Those that go alone are not waited for: one of them may stand in a line of its own
    for (const { batch, resolve } of together) resolve(applied?.get(batch) ?? alone(batch));
  };
  const drain = async (): Promise<void> => {
    isRunning = true;
    while (waiting.length > 0) {
      const together = [...new Map(waiting.map((one) => [one.batch.partition, one])).values()]; // one of each partition
      waiting = waiting.filter((one) => !together.includes(one));
      await run(together);
    }
    isRunning = false;
  };
  return (partition, epoch, events, upTo, after = 0) => {
    const batch = { partition, epoch, events, upTo, after };
    if (!isShareable(batch)) return alone(batch);
    return new Promise((resolve) => {
      waiting.push({ batch, resolve });
      if (!isRunning) void drain();
    });
  };
};
