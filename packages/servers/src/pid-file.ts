import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { identityOf } from './process-identity.ts';

/** A process as a file remembers it; `identity` guards against another process that was given the same id. */
export type Remembered = { readonly pid: number; readonly identity: string };

const parse = (text: string): Remembered | undefined => {
  const [pid, identity] = text.trim().split(' ');
  return pid !== undefined && /^\d+$/.test(pid) && identity ? { pid: Number(pid), identity } : undefined;
};

/** Remembers a running process, atomically. A process that has ended meanwhile is not written down. */
export const writePidFile = async (file: string, pid: number): Promise<void> => {
  const identity = await identityOf(pid);
  if (identity === undefined) return;
  const draft = `${file}.${process.pid}.tmp`;
  await writeFile(draft, `${pid} ${identity.replaceAll(' ', '_')}\n`);
  await rename(draft, file);
};

/** @returns the id of the remembered process when it still runs. */
export const readPidFile = async (file: string): Promise<number | undefined> => {
  const text = await readFile(file, 'utf8').catch(() => ''); // no file: nothing was started here, or it was stopped well
  const remembered = parse(text);
  if (remembered === undefined) return undefined;
  const identity = await identityOf(remembered.pid);
  return identity?.replaceAll(' ', '_') === remembered.identity ? remembered.pid : undefined;
};

/** Waits until a process that is not our child has ended. @returns false when it still runs after the time. */
const waitUntilGone = async (pid: number, timeoutMs: number): Promise<boolean> => {
  const until = Date.now() + timeoutMs;
  while ((await identityOf(pid)) !== undefined) {
    if (Date.now() > until) return false;
    await delay(20);
  }
  return true;
};

/**
 * Ends what an earlier run left behind (its parent was killed with -9): the signal, then SIGKILL when that was not enough.
 *
 * @returns the id of the process that was ended, or `undefined` when none was left
 */
export const stopLeftover = async (file: string, signal: NodeJS.Signals, timeoutMs = 10_000) => {
  const pid = await readPidFile(file);
  if (pid !== undefined) {
    process.kill(pid, signal);
    if (!(await waitUntilGone(pid, timeoutMs))) {
      process.kill(pid, 'SIGKILL');
      await waitUntilGone(pid, timeoutMs);
    }
  }
  await rm(file, { force: true });
  return pid;
};
