import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Child, startChild } from '@kuraxx/servers';
import { z } from 'zod';
import { openLogFile } from './log-file.ts';
import { type Report, StartError } from './report.ts';

/** The repository's root: this file is packages/launcher/src/service-process.ts. */
export const repository = resolve(import.meta.dirname, '../../..');

export type ServiceKind = 'projector' | 'bridge' | 'api' | 'gateway';

const folders: Record<ServiceKind, string> = {
  projector: 'services/projector',
  bridge: 'services/redis-bridge',
  api: 'services/api',
  gateway: 'services/gateway',
};

export type ServiceSpec = {
  /** What the screen, the log file and run.json call it: `api`, or `api-2` for the second. */
  readonly name: string;
  readonly kind: ServiceKind;
  readonly env: NodeJS.ProcessEnv;
  readonly logsDir: string;
  /** Restart on changes of the sources. */
  readonly watch?: boolean;
};

const readyTimeoutMs = 60_000;
const stopTimeoutMs = 20_000; // a service gives itself 15 s

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

/** One run of one service. */
export type ServiceProcess = Pick<Child, 'pid' | 'exited' | 'signal'> & { stop(): Promise<void> };

/**
 * Starts a service and resolves when it has logged `ready`. Its output goes to `<logs>/<name>.log`, warnings and worse
 * to the report too.
 *
 * @throws {StartError} with its last lines when it ends or stays silent for a minute; nothing is left running then
 */
export const startService = async (spec: ServiceSpec, report: Report): Promise<ServiceProcess> => {
  const logFile = openLogFile(join(spec.logsDir, `${spec.name}.log`));
  let ready = false;
  const onLine = (line: string): void => {
    logFile.write(line);
    const entry = parseLine(line);
    if (entry?.msg === 'ready') ready = true;
    if (entry !== undefined && entry.level >= 40) {
      report(`${spec.name}: ${entry.msg ?? ''}${entry.err === undefined ? '' : `: ${entry.err.message}`}`);
    }
  };
  const child = await startChild({
    command: process.execPath,
    args: [
      ...(spec.watch === true ? ['--watch', '--watch-preserve-output'] : []),
      '--conditions=source',
      join(repository, folders[spec.kind], 'src/main.ts'),
    ],
    cwd: repository,
    env: spec.env,
    deathSignal: 'SIGTERM',
    onLine,
  });
  void child.exited.then(() => logFile.close());
  const stop = async () => void (await child.end('SIGTERM', stopTimeoutMs));
  const until = Date.now() + readyTimeoutMs;
  while (!ready) {
    if (child.hasExited() || Date.now() > until) {
      await stop();
      const what = child.hasExited() ? 'ended while it started' : `was not ready within ${readyTimeoutMs / 1000} s`;
      throw new StartError(`${spec.name} ${what}. Its last lines:\n${child.output().slice(-12).join('\n')}`);
    }
    await delay(15);
  }
  return { pid: child.pid, exited: child.exited, signal: (name) => child.signal(name), stop };
};
