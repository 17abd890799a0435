import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const readyWithinMs = 60_000;

export type Service = { readonly process: ChildProcess; output(): string; stop(): Promise<number | null> };

/** Starts a service from its source, as a process of its own, and waits until it says that it is ready. */
export const startService = async (name: string, env: Record<string, string>): Promise<Service> => {
  const main = fileURLToPath(new URL(`../../../${name}/src/main.ts`, import.meta.url));
  const child = spawn(process.execPath, ['--conditions=source', main], {
    env: { PATH: process.env.PATH, NODE_ENV: 'test', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${name} is not ready: ${output}`)), readyWithinMs);
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      if (!output.includes('"msg":"ready"')) return;
      clearTimeout(timer);
      resolve();
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    void exited.then((code) => reject(new Error(`${name} ended with ${code}: ${output}`)));
  });
  return {
    process: child,
    output: () => output,
    stop: () => {
      child.kill('SIGTERM');
      return exited;
    },
  };
};
