import type { PresenceChange, ReadModel } from '@kuraxx/read-model';
import { backOffMs, pause } from '@kuraxx/runtime';
import type { Logger } from 'pino';

/** How long changes gather before they are written in one statement. */
const gatherMs = 200;
/** Gateways announce all their users within this time; only then is it known who is really gone. */
const firstLookMs = 4000;
const lookAgainMs = 60_000;

/** Who is online as the gateways say now. */
export type OnlineNow = { isOnline(userId: string): boolean; online(): readonly { readonly userId: string }[] };

export type PresenceWriter = {
  /** Takes note of a change; of several about one user the last is written. */
  note(change: PresenceChange): void;
  stop(): Promise<void>;
};

/**
 * Stores who comes and goes, in batches, and again when Postgres was away. Some seconds after the start, and every minute from then,
 * it compares what is stored with who is online, so that users whose gateway died while no projector ran don't stay online for ever.
 */
export const createPresenceWriter = (
  presence: ReadModel['presence'],
  now: OnlineNow,
  logger: Logger,
  { firstLookAfterMs = firstLookMs }: { firstLookAfterMs?: number } = {},
): PresenceWriter => {
  const pending = new Map<string, PresenceChange>();
  const stop = new AbortController();

  const compare = async (): Promise<void> => {
    const stored = new Set(await presence.online());
    const at = new Date().toISOString();
    for (const userId of stored) {
      if (!now.isOnline(userId) && !pending.has(userId)) {
        pending.set(userId, { userId, isOnline: false, lastSeenAt: at, at });
      }
    }
    for (const { userId } of now.online()) {
      if (!stored.has(userId) && !pending.has(userId)) {
        pending.set(userId, { userId, isOnline: true, lastSeenAt: null, at });
      }
    }
  };

  const flush = async (): Promise<void> => {
    const changes = [...pending.values()];
    await presence.set(changes);
    // one that came in meanwhile is newer, and stays
    for (const change of changes) if (pending.get(change.userId) === change) pending.delete(change.userId);
  };

  const run = async (): Promise<void> => {
    let nextLook = Date.now() + firstLookAfterMs;
    let failures = 0;
    while (!stop.signal.aborted) {
      await pause(failures === 0 ? gatherMs : backOffMs(failures), stop.signal);
      try {
        if (Date.now() >= nextLook) {
          await compare();
          nextLook = Date.now() + lookAgainMs;
        }
        if (pending.size > 0) await flush();
        failures = 0;
      } catch (error) {
        failures += 1;
        // what is pending is kept, one change per user, and written when Postgres is back
        if (failures === 1) logger.warn({ err: error }, 'presence is not stored at the moment');
      }
    }
  };
  const running = run();

  return {
    note: (change) => void pending.set(change.userId, change),
    stop: async () => {
      stop.abort();
      await running;
    },
  };
};
