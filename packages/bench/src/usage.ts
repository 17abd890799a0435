import { readFile } from 'node:fs/promises';

/** Linux counts a process's time in these: `getconf CLK_TCK`, 100 on every platform that Node runs on. */
const ticksPerSecond = 100;
const pageBytes = 4096;

/** What comes after the process's name, which may hold spaces. */
const statFields = (text: string): string[] => text.slice(text.lastIndexOf(')') + 2).split(' ');

/** CPU time of a process with all its threads so far, in seconds (proc(5): utime and stime of /proc/<pid>/stat). */
export const cpuSeconds = async (pid: number): Promise<number> => {
  const fields = statFields(await readFile(`/proc/${pid}/stat`, 'utf8'));
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
};

/** States of /proc/net/tcp and tcp6. */
const established = '01';

/**
 * Connections that are open at a server's side of a port of this machine: those that it has closed are none, whatever its peers know. A server that
 * listens on every address has those of IPv4 in the table of IPv6.
 */
export const openConnections = async (port: number): Promise<number> => {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const tables = await Promise.all(['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'utf8')));
  const lines = tables.flatMap((table) => table.split('\n')).map((line) => line.trim().split(/\s+/));
  return lines.filter(([, address = '', , state]) => address.endsWith(local) && state === established).length;
};

/** Memory of a process that is in RAM, in bytes. */
export const residentBytes = async (pid: number): Promise<number> => {
  const text = await readFile(`/proc/${pid}/statm`, 'utf8');
  return Number(text.split(' ')[1]) * pageBytes;
};

/** The same of a process with all that it has started, also what has ended since: Postgres has a process for each connection. */
export const familyCpuSeconds = async (pid: number): Promise<number> => {
  const fields = statFields(await readFile(`/proc/${pid}/stat`, 'utf8'));
  const ended = (Number(fields[13]) + Number(fields[14])) / ticksPerSecond;
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).split(' ').filter((one) => one !== '');
  const seconds = await Promise.all(children.map((child) => cpuSeconds(Number(child)).catch(() => 0))); // it has just ended
  return (await cpuSeconds(pid)) + ended + seconds.reduce((sum, one) => sum + one, 0);
};
