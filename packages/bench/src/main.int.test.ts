import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tempFolder } from '@kuraxx/testing';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';

const result = z.object({
  rows: z.array(z.object({ figure: z.string(), ours: z.number(), missing: z.number().optional() })),
});

test('a quick run measures on a system of its own, loses nothing, and ends with a table and JSON', async () => {
  const folder = await tempFolder('bench');
  onTestFinished(() => folder.remove());
  const json = join(folder.path, 'bench.json');
  const main = join(import.meta.dirname, 'main.ts');
  const args = ['--conditions=source', main, '--quick', '--only', 'sends,resume,replay', '--json', json];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const [code] = await once(child, 'exit');
  expect(code).toBe(0);
  expect(output).toContain('durable sends through one gateway');
  expect(output).toContain('bare unnest inserts of the same rows');
  const { rows } = result.parse(JSON.parse(await readFile(json, 'utf8')));
  expect(rows.length).toBeGreaterThan(7);
  for (const { ours, missing } of rows) {
    expect(ours).toBeGreaterThan(0);
    expect(missing ?? 0).toBe(0);
  }
}, 300_000);
