import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The projector as a process of its own. */
export type ProjectorProcess = {
  /** Its log so far, a line each. */
  readonly lines: readonly string[];
  /** Whether a line with this `msg` has come. */
  said(msg: string): boolean;
  /** Ends it with a signal; resolves with its exit code (null when the signal ended it). */
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null>;
};

const main = fileURLToPath(new URL('./main.ts', import.meta.url));

const exitOf = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve(child.exitCode);
    else child.once('exit', (code) => resolve(code));
  });

export const startProjectorProcess = (natsUrl: string, databaseUrl: string): ProjectorProcess => {
  const child = spawn(process.execPath, ['--conditions=source', main], {
    env: { ...process.env, NATS_URL: natsUrl, DATABASE_URL: databaseUrl, KURAXX_PARTITIONS: '2', LOG_LEVEL: 'info' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  return {
    lines,
    said: (msg) => lines.some((line) => line.includes(`"msg":"${msg}"`)),
    kill: (signal) => {
      child.kill(signal);
      return exitOf(child);
    },
  };
};
