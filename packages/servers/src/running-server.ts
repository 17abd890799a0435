import { setTimeout as delay } from 'node:timers/promises';
import { type Child, type ChildSpec, type Exit, startChild } from './child.ts';
import { messageOf, ServersError, systemCode } from './errors.ts';
import { probePort } from './free-port.ts';
import { writePidFile } from './pid-file.ts';

export type ServerName = 'nats' | 'postgres' | 'redis';

/** A server that we started on 127.0.0.1. It keeps its port and its data over restarts. */
export type RunningServer = {
  readonly name: ServerName;
  /** For clients, with user and password where the server has them. */
  readonly url: string;
  readonly port: number;
  /** The folder with everything that it keeps. */
  readonly dataDir: string;
  /** `undefined` while it does not run. */
  readonly pid: number | undefined;
  /** Ends it cleanly, with SIGKILL after a bound. Resolves when it is gone; a second call does nothing. */
  stop(): Promise<void>;
  /** Stops it if it runs and starts it again. @throws {ServersError} when it doesn't come up */
  restart(): Promise<void>;
  /** Sends a signal (SIGKILL by default) and resolves when the process has ended. Counts as a death. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Calls the listener each time the running server ends without `stop` or `restart`. @returns how to unsubscribe */
  onDeath(listener: (exit: Exit) => void): () => void;
};

/** What a kind of server adds: its command, when it is ready, and how it says what is wrong. */
export type ServerSpec = {
  readonly name: ServerName;
  readonly url: string;
  readonly port: number;
  readonly dataDir: string;
  readonly pidFile: string;
  readonly child: ChildSpec;
  readonly stopSignal: NodeJS.Signals;
  readonly stopTimeoutMs: number;
  /** Done before each start: leftovers, stale lock files. */
  readonly prepare?: (() => Promise<void>) | undefined;
  /** Resolves true once it serves; called again and again until then. @throws when it must not be used as it is */
  readonly isReady: () => Promise<boolean>;
  /** Turns its last lines into the reason why it did not start. */
  readonly explain: (output: readonly string[]) => ServersError;
  /** Gives the first start up. */
  readonly signal?: AbortSignal | undefined;
};

const readyTimeoutMs = 60_000; // Postgres may have a long recovery after a crash
const readyPollMs = 15;

/** Starts it and resolves when it is ready. @throws {ServersError} when it isn't; nothing is left running then */
export const runServer = async (spec: ServerSpec): Promise<RunningServer> => {
  const listeners = new Set<(exit: Exit) => void>();
  const wanted = new WeakSet<Child>(); // children that we have asked to end
  let child: Child | undefined;

  const end = async (current: Child): Promise<void> => {
    wanted.add(current);
    await current.end(spec.stopSignal, spec.stopTimeoutMs);
  };

  const untilReady = async (current: Child): Promise<void> => {
    const until = Date.now() + readyTimeoutMs;
    while (!(await spec.isReady())) {
      if (wanted.has(current) || spec.signal?.aborted)
        throw new ServersError('STOPPED', `${spec.name} was stopped while it started`);
      if (current.hasExited()) {
        await current.exited;
        throw spec.explain(current.output());
      }
      if (Date.now() > until) {
        throw new ServersError('START_FAILED', `${spec.name} was not ready within ${readyTimeoutMs / 1000} s`);
      }
      await delay(readyPollMs);
    }
    if (current.hasExited()) throw spec.explain(current.output());
  };

  const start = async (): Promise<void> => {
    if (spec.signal?.aborted) throw new ServersError('STOPPED', `${spec.name} was stopped before it started`);
    await spec.prepare?.();
    if ((await probePort(spec.port)) !== 'free') {
      throw new ServersError('PORT_TAKEN', `Port ${spec.port} for ${spec.name} is taken on 127.0.0.1.`);
    }
    const current = await startChild(spec.child).catch((error: unknown) => {
      const code = systemCode(error) === 'EPERM' ? 'NOT_PERMITTED' : 'START_FAILED';
      throw new ServersError(code, `${spec.name} could not be started: ${messageOf(error)}`, { cause: error });
    });
    child = current;
    try {
      await writePidFile(spec.pidFile, current.pid);
      await untilReady(current);
    } catch (error) {
      await end(current);
      throw error;
    }
    void current.exited.then((exit) => {
      if (!wanted.has(current)) for (const listener of listeners) listener(exit);
    });
  };

  await start();
  return {
    name: spec.name,
    url: spec.url,
    port: spec.port,
    dataDir: spec.dataDir,
    get pid() {
      return child === undefined || child.hasExited() ? undefined : child.pid;
    },
    stop: async () => {
      if (child) await end(child);
    },
    restart: async () => {
      if (child) await end(child);
      await start();
    },
    kill: async (signal = 'SIGKILL') => {
      child?.signal(signal);
      await child?.exited;
    },
    onDeath: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
};
