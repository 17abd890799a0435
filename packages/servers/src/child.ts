import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { findOnPath } from './binary.ts';
import { systemCode } from './errors.ts';
import { run } from './run.ts';

/** How a process ended. */
export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

export type ChildSpec = {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Runs it as this user; only root may. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  /** What the kernel sends it when we die without stopping it (Linux with util-linux; elsewhere pid files help). */
  readonly deathSignal: NodeJS.Signals;
  /** Called with each line of its output. */
  readonly onLine?: ((line: string) => void) | undefined;
};

/** A running process, with its last lines for error messages. */
export type Child = {
  readonly pid: number;
  /** Resolves once it has ended and its output was read; never rejects. */
  readonly exited: Promise<Exit>;
  hasExited(): boolean;
  /** The last 60 lines of stdout and stderr. */
  output(): readonly string[];
  signal(signal: NodeJS.Signals): void;
  /** The signal, a bounded wait, then SIGKILL to it and its own children. Resolves when it is gone; at once when it already was. */
  end(signal: NodeJS.Signals, timeoutMs: number): Promise<Exit>;
};

const keptLines = 60;

let setpriv: Promise<string | undefined> | undefined;
/** util-linux's setpriv can ask the kernel for a signal at the parent's death, and then becomes the command (same pid). */
const findSetpriv = (): Promise<string | undefined> => {
  setpriv ??= (async () => {
    const path = process.platform === 'linux' ? await findOnPath('setpriv') : undefined;
    // Busybox has a setpriv too, without this option
    return path && (await run(path, ['--pdeathsig', 'TERM', 'true'])).status === 0 ? path : undefined;
  })();
  return setpriv;
};

/** It leads a process group of its own, see `detached`. */
const killGroup = (pid: number): void => {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (systemCode(error) !== 'ESRCH') throw error; // it has just ended
  }
};

/** Starts a process that does not outlive us. @throws {Error} when it can't be started (ENOENT, EACCES, EPERM…) */
export const startChild = async (spec: ChildSpec): Promise<Child> => {
  const { command, args, cwd, env, user, deathSignal, onLine } = spec;
  const guard = await findSetpriv();
  const argv = guard ? [guard, '--pdeathsig', deathSignal.slice(3), command, ...args] : [command, ...args];
  // detached: its own process group, so that a Ctrl-C in the terminal reaches only us, and we stop things in order
  const child = spawn(argv[0] ?? command, argv.slice(1), {
    cwd,
    env: env ?? process.env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(user && { uid: user.uid, gid: user.gid }),
  });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      if (lines.length > keptLines) lines.shift();
      onLine?.(line);
    });
  }
  let exit: Exit | undefined;
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => {
      exit = { code, signal };
      const done = (): void => resolve({ code, signal });
      child.once('close', done); // its last lines are read by then
      setTimeout(done, 250); // grandchildren that hold its pipes must not make us wait
    });
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${command} has no process id`);
  child.on('error', (error) => lines.push(error.message)); // a signal that could not be sent

  const signal = (name: NodeJS.Signals): void => {
    if (exit === undefined) child.kill(name);
  };
  return {
    pid,
    exited,
    hasExited: () => exit !== undefined,
    output: () => lines,
    signal,
    end: async (name, timeoutMs) => {
      signal(name);
      const timer = setTimeout(() => killGroup(pid), timeoutMs);
      try {
        return await exited;
      } finally {
        clearTimeout(timer);
      }
    },
  };
};
