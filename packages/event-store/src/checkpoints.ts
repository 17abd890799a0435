import type { Msg, NatsConnection } from 'nats';
import { z } from 'zod';
import { createCheckpointTimes } from './checkpoint-times.ts';
import type { CheckpointWatch, Partition, Position, Serving } from './ports.ts';

const announcement = z.object({
  epoch: z.string(),
  sequence: z.int(),
  stalled: z.boolean(),
  serving: z.object({ schema: z.string(), generation: z.int() }).readonly().optional(),
});

/**
 * How far the projection of one partition is; `stalled`: it can't go on for now (Postgres is away). `serving` is the read model
 * that this is about: its rows had reached `sequence` at an instant when it was the serving one. Whoever has heard an
 * announcement must read from the read model of the highest generation heard, or newer: then what was announced is there.
 */
export type Announcement = z.infer<typeof announcement>;

const prefix = 'kuraxx.checkpoint.';
/** A projector announces once a second: who is silent for so long is not there. */
const silenceMs = 3000;
const sweepMs = 100;

/** Tells everybody how far the projection is. At most once, over core NATS: it is repeated every second. */
export const announceCheckpoint = (nats: NatsConnection, partition: Partition, now: Announcement): void =>
  nats.publish(`${prefix}${partition}`, JSON.stringify(now));

const parseAnnouncement = (message: Msg): Announcement | undefined => {
  try {
    return announcement.safeParse(message.json()).data;
  } catch {
    return undefined; // no JSON
  }
};

type Waiter = { readonly position: Position; readonly deadline: number; resolve(reached: boolean): void };
type Known = Announcement & { readonly heardAt: number };

const hasReached = (known: Known | undefined, { epoch, sequence }: Position): boolean =>
  known !== undefined && known.epoch === epoch && known.sequence >= sequence;

/** Hears how far the projections are, so that reads can wait for writes. */
export const createCheckpointWatch = (nats: NatsConnection): CheckpointWatch => {
  const known = new Map<string, Known>();
  const waiters = new Set<Waiter>();
  const times = createCheckpointTimes();
  const begun = Date.now();
  let serving: Serving | undefined;
  let isClosed = false;

  const settle = (waiter: Waiter, reached: boolean): void => {
    waiters.delete(waiter);
    waiter.resolve(reached);
  };
  const check = (waiter: Waiter, now: number): void => {
    const latest = known.get(String(waiter.position.partition));
    if (hasReached(latest, waiter.position)) settle(waiter, true);
    else if (latest?.stalled === true || now > waiter.deadline) settle(waiter, false);
    else if (now - (latest?.heardAt ?? begun) > silenceMs) settle(waiter, false);
  };
  const checkAll = (): void => {
    const now = Date.now();
    for (const waiter of waiters) check(waiter, now);
  };
  const subscription = nats.subscribe(`${prefix}*`, {
    callback: (error, message) => {
      if (error !== null) return;
      const heard = parseAnnouncement(message);
      if (heard === undefined) return; // not ours
      // before anybody is told that they may read
      if (heard.serving !== undefined && heard.serving.generation > (serving?.generation ?? 0)) serving = heard.serving;
      const partition = message.subject.slice(prefix.length);
      const heardAt = Date.now();
      known.set(partition, { ...heard, heardAt });
      times.heard(partition, { epoch: heard.epoch, sequence: heard.sequence, atMs: heardAt });
      checkAll();
    },
  });
  const timer = setInterval(checkAll, sweepMs);
  timer.unref();

  return {
    waitFor: (position, timeoutMs) =>
      new Promise((resolve) => {
        const waiter = { position, deadline: Date.now() + timeoutMs, resolve };
        waiters.add(waiter);
        check(waiter, isClosed ? Number.POSITIVE_INFINITY : Date.now());
      }),
    reachedAtMs: (position) => times.reachedAtMs(position),
    serving: () => serving,
    latest: (partition) => known.get(String(partition))?.sequence,
    close: () => {
      isClosed = true;
      clearInterval(timer);
      subscription.unsubscribe();
      for (const waiter of waiters) settle(waiter, false);
    },
  };
};
