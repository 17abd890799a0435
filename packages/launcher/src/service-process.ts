import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startChild, stopLeftover, writePidFile } from '@kuraxx/servers';
import { z } from 'zod';
import { type LogFile, openLogFile } from './log-file.ts';
import { messageOf, type Report, StartError } from './report.ts';
import type { Running } from './supervise.ts';

/** The repository's root: this file is packages/launcher/{src,dist}/service-process. */
export const repository = resolve(import.meta.dirname, '../../..');

export type ServiceKind = 'projector' | 'bridge' | 'api' | 'gateway';

/** The programs, relative to the repository. */
export const programs: Record<ServiceKind, string> = {
  projector: 'services/projector/src/main.ts',
  bridge: 'services/redis-bridge/src/main.ts',
  api: 'services/api/src/main.ts',
  gateway: 'services/gateway/src/main.ts',
};

/** What the screen, the log files and run.json call a process of a service: `api`, then `api-2`. */
export const instanceName = (kind: ServiceKind, index: number): string => (index === 0 ? kind : `${kind}-${index + 1}`);

export type ServiceSpec = {
  /** See `instanceName`. */
  readonly name: string;
  readonly program: string;
  readonly env: NodeJS.ProcessEnv;
  readonly dataDir: string;
  /** Asked after it has said that it is ready; healthy when it answers 200. */
  readonly healthUrl: string | undefined;
  /** Restart on changes of the sources. */
  readonly watch: boolean;
};

const readyTimeoutMs = 60_000;
const stopTimeoutMs = 30_000; // a service gives itself 15 s, after 10 s of KURAXX_STOP_DELAY at most

const levels = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60, silent: 100 } as const;
const isLevel = (name: string): name is keyof typeof levels => Object.hasOwn(levels, name);

const logLine = z.object({
  level: z.number(),
  msg: z.string().optional(),
  err: z.object({ message: z.string() }).optional(),
});

const parseLine = (line: string) => {
  try {
    return logLine.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined; // not one of pino's lines: node's own warnings, say
  }
};

const isHealthy = async (url: string): Promise<boolean> => {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false; // not yet
  }
};

/** Files and reports what the service prints. `ready` is set by its line that says so. */
const listener = (spec: ServiceSpec, file: LogFile, report: Report) => {
  const wanted = spec.env['LOG_LEVEL'] ?? '';
  const minimum = isLevel(wanted) ? levels[wanted] : levels.info;
  const state = { ready: false };
  const onLine = (line: string): void => {
    const entry = parseLine(line);
    if (entry?.msg === 'ready') state.ready = true;
    if (entry === undefined || entry.level >= minimum) file.write(line);
    if (entry === undefined || entry.level < levels.warn) return;
    report(`${spec.name}: ${entry.msg ?? ''}${entry.err === undefined ? '' : `: ${entry.err.message}`}`);
  };
  return { state, onLine };
};

/** `ready` is logged at info: a service that is to log less logs it all the same, and `listener` leaves the rest out. */
const talkative = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => {
  const wanted = env['LOG_LEVEL'] ?? '';
  return isLevel(wanted) && levels[wanted] > levels.info ? { ...env, LOG_LEVEL: 'info' } : env;
};

/**
 * Starts a service and resolves when it has logged `ready` and its /health, if it has one, answers. Its output goes to
 * `<data dir>/logs/<name>.log`, warnings and worse to the report too.
 *
 * @throws {StartError} with its last lines when it ends, is not ready within a minute, or `signal` is aborted; nothing is
 *   left running then
 */
export const startService = async (spec: ServiceSpec, report: Report, signal: AbortSignal): Promise<Running> => {
  const { name, dataDir, healthUrl } = spec;
  const pidFile = join(dataDir, 'pids', name);
  await mkdir(join(dataDir, 'pids'), { recursive: true });
  await mkdir(join(dataDir, 'logs'), { recursive: true });
  await stopLeftover(pidFile, 'SIGTERM', stopTimeoutMs);
  const file = openLogFile(join(dataDir, 'logs', `${name}.log`), (error) =>
    report(`${name}: its log can't be written: ${messageOf(error)}`),
  );
  const { state, onLine } = listener(spec, file, report);
  const watch = spec.watch ? ['--watch', '--watch-preserve-output'] : [];
  const child = await startChild({
    command: process.execPath,
    args: [...watch, '--conditions=source', resolve(repository, spec.program)],
    cwd: repository,
    env: talkative(spec.env),
    deathSignal: 'SIGTERM',
    onLine,
  });
  await writePidFile(pidFile, child.pid);
  void child.exited.then(() => file.close());

  const stop = async (): Promise<void> => void (await child.end('SIGTERM', stopTimeoutMs));
  const until = Date.now() + readyTimeoutMs;
  while (!(state.ready && (healthUrl === undefined || (await isHealthy(healthUrl))))) {
    const ended = child.hasExited();
    if (ended || signal.aborted || Date.now() > until) {
      await stop();
      if (signal.aborted) throw new StartError(`${name} was stopped while it started.`);
      const what = ended ? 'ended while it started' : `was not ready within ${readyTimeoutMs / 1000} s`;
      const lines = child.output().filter((line) => !/^ {4}at /.test(line)); // the message says more than its stack
      throw new StartError(`${name} ${what}. Its last lines:\n${lines.slice(-12).join('\n')}`);
    }
    await delay(15);
  }
  return { pid: child.pid, exited: child.exited, signal: (one) => child.signal(one), stop };
};
