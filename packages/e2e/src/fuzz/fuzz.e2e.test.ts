import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type FuzzOptions, runFuzz, runLimitedFuzz } from './run-fuzz.ts';

const prepare = async (): Promise<Pick<FuzzOptions, 'dataDir' | 'seed' | 'report'> & { lines: string[] }> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'kuraxx-fuzz-'));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  const lines: string[] = [];
  return { dataDir, seed: randomInt(2 ** 30), lines, report: (line) => lines.push(line) };
};

test('whatever is sent is answered as documented, crashes nothing and leaves no memory behind', async () => {
  const { lines, ...given } = await prepare();
  const { findings } = await runFuzz({ ...given, requests: 400, frames: 2_000 }); // npm run fuzz: 20,000 and 50,000
  expect(findings, `npm run fuzz -- --seed ${given.seed}\n${lines.join('\n')}`).toEqual([]);
}, 400_000);

test('who sends more than the limits allow is told so as documented', async () => {
  const { lines, ...given } = await prepare();
  const { pass, findings } = await runLimitedFuzz({ ...given, requests: 300, frames: 600 });
  expect(findings, `seed ${given.seed}\n${lines.join('\n')}`).toEqual([]);
  expect(pass.rest.statuses[429]).toBeGreaterThan(0);
  expect(pass.frames.answers['RATE_LIMITED']).toBeGreaterThan(0);
}, 400_000);
