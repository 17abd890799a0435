import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import type { ConnectionState } from './connection.ts';
import type { EventLog, LogRecord, Partition } from './ports.ts';
import type { StreamReader } from './stream-reader.ts';
import { partitionFilter } from './subjects.ts';

const defaultMaxBatch = 500;
const reopenPauseMs = 200;
/** How often a look is taken whether something has come, and when not, whether there is more. */
export const lookMs = 2000;

/** Something that is waited for until it is told; what is told while nobody waits is kept. */
const createBell = () => {
  let ring = Promise.withResolvers<void>();
  return {
    ring: (): void => ring.resolve(),
    wait: async (): Promise<void> => {
      await ring.promise;
      ring = Promise.withResolvers<void>();
    },
  };
};

/**
 * Follows a partition for ever. It asks the server for a batch at a time, and for the next one as soon as no more than a batch waits for the
 * handler: what is read ahead is bounded, and nothing is read twice. The consumer is opened anew, behind the last record that came, whenever the
 * connection has been away or the server has lost it.
 *
 * In a cluster the node of a consumer may lag behind the stream while our connection is to another one and stays: then it is opened anew
 * when nothing has come for a while although there is more (seen with NATS 2.9: it stood still for ever).
 */
export const createConsume =
  (reader: Pick<StreamReader, 'pull'>, state: ConnectionState, head: EventLog['head']): EventLog['consume'] =>
  async (partition: Partition, { after, maxBatch = defaultMaxBatch }, onRecords) => {
    const stopping = new AbortController();
    const { signal } = stopping;
    const queue: LogRecord[] = [];
    const [came, taken] = [createBell(), createBell()];
    let arrived = after;
    /** Ends what is being read; the consumer is opened anew then. */
    let interrupt = (): void => undefined;

    const readOn = async (): Promise<void> => {
      let isOver = false;
      const records = await reader.pull(partition, partitionFilter(partition), arrived + 1, (record) => {
        // a server before 2.11 begins earlier than it was told where its copy of the stream is behind
        if (isOver || record.position.sequence <= arrived) return;
        arrived = record.position.sequence;
        queue.push(record);
        came.ring();
      });
      interrupt = () => {
        if (isOver) return;
        isOver = true;
        records.close();
        taken.ring();
      };
      try {
        while (!isOver && !signal.aborted) {
          if (queue.length > maxBatch) await taken.wait();
          else await records.next(maxBatch);
        }
      } finally {
        interrupt();
      }
    };
    const read = async (): Promise<void> => {
      while (!signal.aborted) {
        try {
          await readOn();
        } catch {
          // the server is away or starting, or has forgotten the consumer: tried again until it answers, or until it is stopped
          await delay(reopenPauseMs, undefined, { signal }).catch(() => undefined);
        }
      }
    };
    const work = async (): Promise<void> => {
      while (!signal.aborted) {
        if (queue.length === 0) {
          await came.wait();
          await turn(); // what has come with it is handled with it
          continue;
        }
        const records = queue.splice(0, maxBatch);
        taken.ring();
        await onRecords(records);
      }
    };
    let suspected: number | undefined;
    let seen = after;
    const lookForStall = async (): Promise<void> => {
      if (suspected === arrived) interrupt(); // nothing has come since, and there is more
      suspected = undefined;
      const comes = seen !== arrived;
      seen = arrived;
      if (comes) return; // it doesn't stand still: the server need not be asked
      if (!state.connected || queue.length > maxBatch) return; // nothing can come, or nothing is asked for
      const before = arrived;
      const end = await head(partition);
      if (end > arrived && before === arrived && queue.length <= maxBatch) suspected = arrived;
    };
    const looking = setInterval(() => {
      lookForStall().catch(() => undefined); // the log is away: nobody knows whether there is more
    }, lookMs).unref();
    const forget = state.onChange((change) => change === 'back' && interrupt());
    void read(); // never throws
    const working = work();
    const failed = new Promise<never>((_resolve, reject) => {
      working.catch(reject);
    });
    failed.catch(() => undefined); // for those who only ever stop it
    const stop = async (): Promise<void> => {
      stopping.abort();
      forget();
      clearInterval(looking);
      interrupt();
      came.ring();
      // what is being opened may wait for a server that is away: it is given back when it has come, and nobody hears of it
      await working.catch(() => undefined); // told through `failed`
    };
    working.catch(() => void stop());
    return { failed, stop };
  };
