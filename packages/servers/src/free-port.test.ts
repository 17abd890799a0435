import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { freePort } from './free-port.ts';

const run = promisify(execFile);
const source = fileURLToPath(new URL('./free-port.ts', import.meta.url));

/** What a process of its own is given while this one keeps what it was given. */
const givenElsewhere = async (count: number): Promise<number[]> => {
  const script = `
    const { freePort } = await import(${JSON.stringify(source)});
    console.log((await Promise.all(Array.from({ length: ${count} }, freePort))).join(','));`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script]);
  return stdout.trim().split(',').map(Number);
};

// Of 400 and 400 drawn from 17,000 some would nearly always be the same: all but 7 in 100,000 times
test('a port that was given and is not bound yet is not given again, here or by another process', async () => {
  const here = await Promise.all(Array.from({ length: 400 }, freePort));
  const there = await givenElsewhere(400);
  expect(new Set([...here, ...there]).size).toBe(800);
});

test('who was given ports ends without being told to', async () => {
  await expect(givenElsewhere(1)).resolves.toHaveLength(1); // the process would wait for its sockets
});
