import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openLogFile } from './log-file.ts';

test('a log takes two files of ten megabytes at most, and no line is torn', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kuraxx-log-'));
  try {
    const failures: Error[] = [];
    const log = await openLogFile(join(folder, 'api.log'), (error) => failures.push(error));
    const line = 'x'.repeat(999);
    for (let round = 0; round < 25; round++) {
      for (let count = 0; count < 1_000; count++) log.write(line);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await log.close();
    expect(failures).toEqual([]);
    expect((await readdir(folder)).toSorted()).toEqual(['api.log', 'api.log.1']);
    for (const name of ['api.log', 'api.log.1']) {
      const lines = (await readFile(join(folder, name), 'utf8')).trimEnd().split('\n');
      expect(lines.every((one) => one === line)).toBe(true);
      expect(lines.length).toBeLessThan(25_000);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('a log that cannot be written is told once and stops nobody', async () => {
  const failures: Error[] = [];
  const log = await openLogFile('/nowhere/api.log', (error) => failures.push(error));
  log.write('one');
  await expect.poll(() => failures.length).toBe(1);
  log.write('two');
  await log.close();
  expect(failures).toHaveLength(1);
});
