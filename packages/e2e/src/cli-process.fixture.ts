import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { eventually } from '@kuraxx/testing';
import { onTestFinished } from 'vitest';
import type { System } from './system.fixture.ts';

const main = join(import.meta.dirname, '../../cli/src/main.ts');

/** A command line in a process of its own. */
export type CliProcess = {
  /** Lines of its standard output so far: one JSON document each. */
  readonly lines: readonly string[];
  /** Resolves once a line with this text has come, or it has ended. */
  says(text: string): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  /** Its exit code, `null` when a signal has ended it, and what it said on its standard error. */
  readonly ended: Promise<{ readonly code: number | null; readonly stderr: string }>;
};

/** Starts `kuraxx <args> --json` against a system; at the end of the test it ends at the latest. */
export const startCli = ({ natsUrl, databaseUrl }: System, ...args: string[]): CliProcess => {
  const child = spawn(process.execPath, ['--conditions=source', main, ...args, '--json'], {
    env: { ...process.env, NATS_URL: natsUrl, DATABASE_URL: databaseUrl },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines: string[] = [];
  const errors: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk.toString()));
  let hasEnded = false;
  const ended = once(child, 'close').then(() => {
    hasEnded = true;
    return { code: child.exitCode, stderr: errors.join('') };
  });
  return {
    lines,
    says: async (text) => {
      await eventually(
        () => {
          if (!hasEnded && !lines.some((line) => line.includes(text))) throw new Error(`it never said ${text}`);
        },
        { timeoutMs: 120_000, intervalMs: 5 },
      );
    },
    signal: (signal) => void child.kill(signal),
    ended,
  };
};
