import { randomUUID } from 'node:crypto';
import { existsSync, readlinkSync } from 'node:fs';
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

/** Where process ids mean the same: containers may share a host's name, but number their processes themselves. */
const thisHost = `${hostname()} ${existsSync('/proc/self/ns/pid') ? readlinkSync('/proc/self/ns/pid') : ''}`;

/** Whether the holder was a process of this machine that has ended: then nobody will renew. */
const isDeadNeighbour = ({ host, pid }: Holder): boolean => {
  if (host !== thisHost) return false;
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
 * When `lead` ends before its signal does, it has stepped down: the lease is left alone until it is free.
 *
 * @returns how to stop: gives the lease back, so that another takes over at once
 */
export const takeTurns = (bucket: KV, lead: (signal: AbortSignal) => Promise<void>, logger: Logger) => {
  const stopping = new AbortController();
  const id = randomUUID();
  const me = JSON.stringify({ id, host: thisHost, pid: process.pid } satisfies Holder);
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
        // one's own: the answer to a renewal was lost, or NATS was away for long, and nobody took over
        const isOpen = !current.success || current.data.id === id || isDeadNeighbour(current.data);
        if (isOpen || Date.now() - seen.at > staleMs) return await bucket.update(key, me, entry.revision);
      } catch (error) {
        if (!isKvConflict(error)) logger.debug({ err: error }, 'the lease could not be looked at');
      }
      await pause(lookMs);
    }
    return 0;
  };

  const hold = async (first: number): Promise<void> => {
    const term = new AbortController();
    const signal = AbortSignal.any([term.signal, stopping.signal]);
    const work = lead(signal)
      .catch((error: unknown) => logger.warn({ err: error }, 'this bridge steps down'))
      .finally(() => term.abort());
    let revision = first;
    let renewedAt = Date.now();
    while (!signal.aborted && Date.now() - renewedAt < giveUpMs) {
      await delay(renewMs, undefined, { signal }).catch(() => undefined); // the loop looks at the signal
      if (signal.aborted) break;
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
      if (stopping.signal.aborted) return;
      logger.warn('this bridge no longer leads');
      await pause(lookMs);
    }
  };
  const running = run();
  return async (): Promise<void> => {
    stopping.abort();
    await running;
  };
};
