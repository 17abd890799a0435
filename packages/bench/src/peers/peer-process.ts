import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export type PeerProcess = { readonly port: number; readonly pid: number; stop(): Promise<void> };

const startTimeoutMs = 20_000;

/**
 * Starts one of the peers in a process of its own. It says its port in its first line.
 *
 * @param name the program beside this file, without its ending
 * @throws {Error} when it doesn't come up in time
 */
export const startPeer = async (name: string, env: Record<string, string>): Promise<PeerProcess> => {
  const program = join(import.meta.dirname, `${name}.ts`);
  const child = spawn(process.execPath, ['--conditions=source', program], {
    env: { ...process.env, NODE_ENV: 'production', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await exited;
  };
  const lines = createInterface({ input: child.stdout });
  const [line] = await Promise.race([
    once(lines, 'line', { signal: AbortSignal.timeout(startTimeoutMs) }),
    exited.then(() => [undefined]),
  ]).catch(() => [undefined]);
  const port = Number(line);
  if (!(port > 0) || child.pid === undefined) {
    await stop();
    throw new Error(`the peer ${name} didn't start`);
  }
  return { port, pid: child.pid, stop };
};
