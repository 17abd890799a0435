import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { z } from 'zod';

const inputName = 'KURAXX_BENCH_INPUT';

/**
 * Runs one of the programs beside this file in a process of its own, which has nothing in its memory but its work.
 *
 * @returns what it says on its standard output, as JSON
 * @throws {Error} when it fails
 */
export const runProgram = async <T>(name: string, input: object, output: z.ZodType<T>): Promise<T> => {
  const program = join(import.meta.dirname, `${name}.ts`);
  const child = spawn(process.execPath, ['--conditions=source', '--expose-gc', program], {
    env: { ...process.env, [inputName]: JSON.stringify(input) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`the program ${name} ended with ${String(code)}`);
  return output.parse(JSON.parse(Buffer.concat(chunks).toString()));
};

/** In such a program: what it was given. @throws {Error} */
export const programInput = <T>(schema: z.ZodType<T>): T => schema.parse(JSON.parse(process.env[inputName] ?? 'null'));

/** In such a program: what has come of it. */
export const programOutput = (output: object): void => void process.stdout.write(JSON.stringify(output));

/** Time and CPU of this process from now on. */
export const stopwatch = () => {
  const begun = performance.now();
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return { ms: performance.now() - begun, cpuMs: (user + system) / 1000 };
  };
};
