import { readFile } from 'node:fs/promises';
import { run } from './run.ts';

/** @returns whether a process with this id exists (also one of another user). */
export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
};

/**
 * What tells a process from a later one that was given the same id: the moment of its start.
 *
 * @returns `undefined` when there is no such process, or it has ended and only waits to be reaped
 */
export const identityOf = async (pid: number): Promise<string | undefined> => {
  if (process.platform !== 'linux') {
    const { status, stdout } = await run('ps', ['-o', 'lstart=', '-p', String(pid)]);
    return status === 0 && stdout.trim() !== '' ? stdout.trim() : undefined;
  }
  try {
    const [bootId, stat] = await Promise.all([
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
      readFile(`/proc/${pid}/stat`, 'utf8'),
    ]);
    // "pid (name) state ppid …": the name may hold anything, so count from its closing bracket; field 22 is the start time
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : `${bootId.trim()}/${fields[19]}`;
  } catch {
    return undefined; // no such process
  }
};
