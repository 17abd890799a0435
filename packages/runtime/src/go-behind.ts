import { writeFile } from 'node:fs/promises';
import { getPriority, setPriority } from 'node:os';

/** A third of the weight of a process that is not nice (sched(7)): enough to keep up as long as a core isn't needed for more. */
const niceness = 5;

/**
 * Lets the processes go first that somebody waits for, where all run on one machine and its cores are short: an append and its way to
 * the sockets cross three processes, and wait in each for whoever has the core. Told to the kernel twice, since where it puts each session
 * into a group of its own (Linux' autogroup), niceness counts among the processes of one session only.
 */
export const goBehind = async (): Promise<void> => {
  const nice = Math.max(getPriority(), niceness); // to be less nice than one was made isn't allowed
  setPriority(nice);
  if (process.platform !== 'linux') return;
  // Where it is off, or may not be written, the above has done what can be done
  await writeFile('/proc/self/autogroup', String(nice)).catch(() => undefined);
};
