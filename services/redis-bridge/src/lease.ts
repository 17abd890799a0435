import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { isKvConflict } from '@kuraxx/event-store';
import type { KV } from '@nats-io/kv';
import type { Logger } from 'pino';
import { z } from 'zod';

const key = 'lease';
const renewMs = 2000;
const lookMs = 1000;
/** A lease that its holder has not renewed for so long is free. Measured by the observer's own clock. */
const staleMs = 8000;
/** A holder that could not renew for so long must assume that another will take over soon, and stops before. */
const giveUpMs = 6000;

const holder = z.object({ id: z.string(), host: z.string(), pid: z.int() });
type Holder = z.infer<typeof holder>;

/** Whether the holder was a process of this machine that has ended: then nobody will renew. */
const isDeadNeighbour = ({ host, pid }: Holder): boolean => {
  if (host !== hostname()) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
};

/**
 * Calls `lead` whenever this process is the one that leads, with a signal that ends when it no longer is. Only one process
 * leads at a time, save for moments of a stopped clock or process: what must never be done twice needs a fence of its own.
 *
 * @returns how to stop: gives the lease back, so that another takes over at once
 */
export const takeTurns = (bucket: KV, lead: (signal: AbortSignal) => Promise<void>, logger: Logger) => {
  const stopping = new AbortController();
  const me = JSON.stringify({ id: randomUUID(), host: hostname(), pid: process.pid } satisfies Holder);
  const pause = (ms: number): Promise<void> => delay(ms, undefined, { signal: stopping.signal }).catch(() => undefined); // stopping ends every pause

  /** @returns the revision of one's own lease once it is free and taken */
  const acquire = async (): Promise<number> => {
    let seen = { revision: -1, at: 0 };
    while (!stopping.signal.aborted) {
      try {
        const entry = await bucket.get(key);
        if (entry === null || entry.operation !== 'PUT') return await bucket.create(key, me);
        if (entry.revision !== seen.revision) seen = { revision: entry.revision, at: Date.now() };
        const current = holder.safeParse(entry.json());
        const isFree = Date.now() - seen.at > staleMs || !current.success || isDeadNeighbour(current.data);
        if (isFree) return await bucket.update(key, me, entry.revision);
      } catch (error) {
        if (!isKvConflict(error)) logger.debug({ err: error }, 'the lease could not be looked at');
      }
      await pause(lookMs);
    }
    return 0;
  };

  const hold = async (first: number): Promise<void> => {
    const term = new AbortController();
    const work = lead(AbortSignal.any([term.signal, stopping.signal]));
    let revision = first;
    let renewedAt = Date.now();
    while (!stopping.signal.aborted && Date.now() - renewedAt < giveUpMs) {
      await pause(renewMs);
      if (stopping.signal.aborted) break;
      try {
        revision = await bucket.update(key, me, revision);
        renewedAt = Date.now();
      } catch (error) {
        if (isKvConflict(error)) break; // another has taken over
      }
    }
    term.abort();
    await work;
    if (stopping.signal.aborted) await bucket.delete(key, { previousSeq: revision });
  };

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const revision = await acquire();
      if (stopping.signal.aborted && revision === 0) return;
      logger.info('this bridge leads');
      try {
        await hold(revision);
      } catch (error) {
        logger.warn({ err: error }, 'the lease was not given back');
      }
      if (!stopping.signal.aborted) logger.warn('another bridge leads now');
    }
  };
  const running = run();
  return async (): Promise<void> => {
    stopping.abort();
    await running;
  };
};
