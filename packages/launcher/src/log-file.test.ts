import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openLogFile } from './log-file.ts';

test('a log takes two files of ten megabytes at most, and no line is torn', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kuraxx-log-'));
  try {
    const failures: unknown[] = [];
    const log = openLogFile(join(folder, 'api.log'), (error) => failures.push(error));
    const line = 'x'.repeat(999);
    for (let count = 0; count < 25_000; count++) log.write(line);
    log.close();
    expect(failures).toEqual([]);
    expect((await readdir(folder)).toSorted()).toEqual(['api.log', 'api.log.1']);
    const counts: number[] = [];
    for (const name of ['api.log.1', 'api.log']) {
      const lines = (await readFile(join(folder, name), 'utf8')).trimEnd().split('\n');
      expect(lines.every((one) => one === line)).toBe(true);
      counts.push(lines.length);
    }
    expect(counts).toEqual([10_486, 25_000 - 2 * 10_486]); // 10 MiB in lines of 1,000 bytes; the file before is gone
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('a log that cannot be written is told once and stops nobody', () => {
  const failures: unknown[] = [];
  const log = openLogFile('/nowhere/api.log', (error) => failures.push(error));
  log.write('one');
  log.write('two');
  log.close();
  expect(failures).toHaveLength(1);
});
