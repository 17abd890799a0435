import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** Resident memory in MB, by process name. */
export type Memory = Readonly<Record<string, number>>;

const residentMb = async (pid: number): Promise<number> => {
  const kb = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (kb === undefined) throw new Error(`process ${pid} tells no memory`);
  return Math.round(Number(kb) / 1024);
};

/** What the processes hold now. */
export const measureMemory = async (processes: Readonly<Record<string, number>>): Promise<Memory> =>
  Object.fromEntries(
    await Promise.all(Object.entries(processes).map(async ([name, pid]) => [name, await residentMb(pid)] as const)),
  );

const lookEveryMs = 500;

/**
 * Waits until no process holds more than `most` allows it, `timeoutMs` at most: what was used by the last requests is given back by
 * and by.
 *
 * @returns what they hold then
 */
export const settleMemory = async (
  processes: Readonly<Record<string, number>>,
  most: (name: string) => number,
  timeoutMs: number,
): Promise<Memory> => {
  const untilMs = Date.now() + timeoutMs;
  for (;;) {
    const memory = await measureMemory(processes);
    if (Object.entries(memory).every(([name, mb]) => mb <= most(name)) || Date.now() > untilMs) return memory;
    await delay(lookEveryMs);
  }
};
