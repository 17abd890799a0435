import { setTimeout as delay } from 'node:timers/promises';
import type { ConnectionState } from './connection.ts';
import type { EventLog, LogRecord, Partition } from './ports.ts';
import { consumeOptions, discard, type StreamReader } from './stream-reader.ts';
import { partitionFilter } from './subjects.ts';

const defaultMaxBatch = 500;
/** So many records may wait for the handler; then reading pauses until it has caught up. */
const maxQueued = 5000;
const reopenPauseMs = 200;

/**
 * Follows a partition for ever. The client library's ordered consumer can stall for 45 s after a server restart, so it is
 * opened anew, behind the last record that came, whenever the connection has been away.
 */
export const createConsume =
  (reader: StreamReader, state: ConnectionState): EventLog['consume'] =>
  async (partition: Partition, { after, maxBatch = defaultMaxBatch }, onRecords) => {
    const stopping = new AbortController();
    const queue: LogRecord[] = [];
    let arrived = after;
    let messages: { close(): Promise<unknown> } | undefined;
    let wake: (() => void) | undefined;
    let generation = 0;
    let openTask: Promise<void> = Promise.resolve();

    const closeMessages = async (): Promise<void> => {
      const open = messages;
      messages = undefined;
      generation++;
      await open?.close().catch(() => undefined); // its server is gone with it
    };

    const open = async (): Promise<void> => {
      await closeMessages();
      const mine = generation;
      while (!stopping.signal.aborted && mine === generation) {
        try {
          const consumer = await reader.consumer(partition, partitionFilter(partition), arrived + 1);
          const opened = await consumer.consume({
            ...consumeOptions,
            max_messages: maxBatch,
            callback: (message) => {
              if (mine !== generation || message.seq <= arrived) return;
              arrived = message.seq;
              queue.push(reader.record(partition, message));
              wake?.();
              if (queue.length >= maxQueued) void closeMessages();
            },
          });
          const close = async (): Promise<void> => {
            await opened.close();
            discard(consumer);
          };
          if (mine !== generation || stopping.signal.aborted) return await close();
          messages = { close };
          void opened.closed().then(() => {
            // the library gave it up (the consumer can't be made, say): the loop below opens another one
            if (mine === generation) messages = undefined;
          });
          return;
        } catch {
          // the server is away or starting: tried again until it answers, or until it is stopped
          await delay(reopenPauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
        }
      }
    };
    const reopen = (): Promise<void> => {
      openTask = openTask.then(open);
      return openTask;
    };
    const forget = state.onChange((change) => change === 'back' && void reopen());

    const idle = setInterval(() => wake?.(), 1000).unref();
    const work = async (): Promise<void> => {
      while (!stopping.signal.aborted) {
        if (queue.length === 0) {
          if (messages === undefined && state.connected) await reopen();
          // stopped while it was opened: nothing would wake it any more
          if (queue.length === 0 && !stopping.signal.aborted) {
            await new Promise<void>((resolve) => {
              wake = resolve;
              idle.refresh();
            });
            wake = undefined;
          }
          continue;
        }
        await onRecords(queue.splice(0, maxBatch));
      }
    };
    void reopen();
    const working = work();
    const failed = new Promise<never>((_resolve, reject) => {
      working.catch(reject);
    });
    failed.catch(() => undefined); // for those who only ever stop it
    const stop = async (): Promise<void> => {
      stopping.abort();
      forget();
      clearInterval(idle);
      wake?.();
      await working.catch(() => undefined); // told through `failed`
      await closeMessages();
    };
    working.catch(() => void stop());
    return { failed, stop };
  };
