import { readFile } from 'node:fs/promises';

/** Linux counts a process's time in these: `getconf CLK_TCK`, 100 on every platform that Node runs on. */
const ticksPerSecond = 100;
const pageBytes = 4096;

/** CPU time of a process with all its threads so far, in seconds (proc(5): utime and stime of /proc/<pid>/stat). */
export const cpuSeconds = async (pid: number): Promise<number> => {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' '); // the name may hold spaces
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
};

/** Memory of a process that is in RAM, in bytes. */
export const residentBytes = async (pid: number): Promise<number> => {
  const text = await readFile(`/proc/${pid}/statm`, 'utf8');
  return Number(text.split(' ')[1]) * pageBytes;
};
