import type { NatsConnection } from 'nats';
import type { Logger } from 'pino';

/** The log is not to be filled by attempts, of which there are two a second. */
const warnEveryMs = 60_000;

/** How it stands between a service and NATS, also before they have met. */
export type NatsLink = {
  /** Why nothing can be asked of NATS now, undefined when it can. */
  trouble(): string | undefined;
  /** Undefined until the first one is made; it stays the same when it is made anew. */
  connection(): NatsConnection | undefined;
  connected(connection: NatsConnection): void;
  lost(): void;
  /** An attempt to connect has failed; the first one and then one a minute is logged, with its cause. */
  failed(error: unknown): void;
};

/** @param nowMs the time; default: since the process started */
export const createNatsLink = (logger: Logger, nowMs = (): number => performance.now()): NatsLink => {
  let connection: NatsConnection | undefined;
  let trouble: string | undefined = 'not connected yet';
  let warnedAtMs: number | undefined;
  return {
    trouble: () => trouble,
    connection: () => connection,
    connected: (made) => {
      connection = made;
      trouble = undefined;
      warnedAtMs = undefined;
    },
    lost: () => {
      trouble = 'the connection is lost';
    },
    failed: (error) => {
      trouble = `no connection: ${error instanceof Error ? error.message : String(error)}`;
      if (warnedAtMs !== undefined && nowMs() - warnedAtMs < warnEveryMs) return;
      warnedAtMs = nowMs();
      logger.warn({ err: error }, 'NATS can not be connected to; trying on');
    },
  };
};
